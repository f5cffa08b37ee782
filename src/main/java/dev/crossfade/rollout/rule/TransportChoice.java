package dev.crossfade.rollout.rule;

import dev.crossfade.model.Transport;
import java.util.Locale;

/** A transport and the reason for it. {@code bucket} is -1 if the client has none. */
public record TransportChoice(Transport transport, Reason reason, int bucket) {

  /** The reasons for a choice. */
  public enum Reason {
    DISABLED,
    KILLED,
    NO_ID,
    DENIED,
    RECENT_FALLBACK,
    ALLOWED,
    OUT_OF_COHORT,
    IN_PERCENT,
    OUT_OF_PERCENT;

    /** The name on the wire, where a client outside the cohort counts as denied. */
    public String text() {
      return (this == OUT_OF_COHORT ? DENIED : this).name().toLowerCase(Locale.ROOT);
    }
  }

  public static TransportChoice websocket(Reason reason, int bucket) {
    return new TransportChoice(Transport.WEBSOCKET, reason, bucket);
  }

  public static TransportChoice polling(Reason reason, int bucket) {
    return new TransportChoice(Transport.POLLING, reason, bucket);
  }
}
