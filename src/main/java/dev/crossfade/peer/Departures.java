package dev.crossfade.peer;

import java.util.EnumMap;
import java.util.Map;

/**
 * Why one peer is to go, each cause with its time: one that is over takes nothing from the others.
 * Guarded by the peer.
 */
final class Departures {

  private final Map<Departure.Cause, Departure> byCause = new EnumMap<>(Departure.Cause.class);

  /** With one more; of one cause the sooner stands. Answers the soonest of all. */
  Departure with(Departure wanted) {
    byCause.merge(wanted.cause(), wanted, (a, b) -> b.sooner(a) ? b : a);
    return soonest();
  }

  /** Without that cause; answers the soonest of the others, or null. */
  Departure without(Departure.Cause cause) {
    byCause.remove(cause);
    return soonest();
  }

  private Departure soonest() {
    return byCause.values().stream().reduce((a, b) -> b.sooner(a) ? b : a).orElse(null);
  }
}
