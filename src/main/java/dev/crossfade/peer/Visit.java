package dev.crossfade.peer;

import dev.crossfade.model.Caller;
import dev.crossfade.rollout.rule.Client;

/**
 * What was known of a client when it connected.
 *
 * @param caller null if it has yet to say who it is
 * @param origin of the page it comes from; null for anything but a browser
 * @param self the origin under which this server was reached
 * @param clientId null if it was not named
 * @param version null if it was not named; so is {@code platform}
 * @param address the network address
 */
public record Visit(
    Caller caller,
    String origin,
    String self,
    String clientId,
    String version,
    String platform,
    String address) {

  /** As the rollout knows whoever came; {@code id} null for one that names no client. */
  Client client(Caller who, String id) {
    return new Client(id == null ? who.userId() : id, who.shopId(), version, platform);
  }
}
