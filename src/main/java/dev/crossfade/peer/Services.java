package dev.crossfade.peer;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.message.Devices;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.metrics.Meters;
import dev.crossfade.rollout.Rollout;

/** What peers work with, on whichever carrier. */
public record Services(
    MessageService messages,
    Devices devices,
    Presence presence,
    Access access,
    Rollout rollout,
    Meters meters,
    Time time) {

  /**
   * Who may come in, and how much they may say.
   *
   * @param frames by peer
   */
  public record Access(Authenticator authenticator, SendLimits sends, RateLimit frames) {}
}
