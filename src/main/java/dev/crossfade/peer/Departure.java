package dev.crossfade.peer;

import dev.crossfade.model.CloseReason;

/**
 * When and why a peer is to go.
 *
 * @param byNanos as {@link Time#now} counts
 * @param why what it is closed with
 * @param comeBackInMs what it is told before, or null
 */
record Departure(long byNanos, CloseReason why, Cause cause, Long comeBackInMs) {

  enum Cause {
    MOVED,
    KILLED,
    DRAINED
  }

  Departure(long byNanos, CloseReason why, Cause cause) {
    this(byNanos, why, cause, null);
  }

  boolean sooner(Departure other) {
    return byNanos - other.byNanos < 0;
  }
}
