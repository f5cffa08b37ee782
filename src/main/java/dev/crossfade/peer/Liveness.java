package dev.crossfade.peer;

import java.util.random.RandomGenerator;

/** When a peer was heard and pinged last. Safe for many threads; times as {@link Time#now}. */
final class Liveness {

  private final RandomGenerator random;
  private volatile long heardNanos;
  private volatile long pingAtNanos;
  private volatile long pingedNanos;
  private volatile long cutAtNanos;
  private volatile boolean ended;

  Liveness(long now, RandomGenerator random) {
    this.random = random;
    this.heardNanos = now;
    this.pingedNanos = now;
    this.pingAtNanos = now + gapNanos();
  }

  void heard(long now) {
    heardNanos = now;
  }

  /** A ping was really written. */
  void pinged(long now) {
    pingedNanos = now;
  }

  /** It is being closed. */
  void ended(long now) {
    cutAtNanos = now + Pace.CLOSED_WITHIN.toNanos();
    ended = true;
  }

  /** Whether it is still here long after it was closed. */
  boolean lingers(long now) {
    return ended && now - cutAtNanos > 0;
  }

  long heardNanos() {
    return heardNanos;
  }

  /** Whether it owes the answer to a ping, and has said nothing else for too long. */
  boolean silent(long now) {
    return pingedNanos - heardNanos > 0
        && now - pingedNanos > Pace.ANSWER_WITHIN.toNanos()
        && now - heardNanos > Pace.SILENT_FOR.toNanos();
  }

  /** True once for each heartbeat; call it on one thread. */
  boolean heartbeatDue(long now) {
    boolean due = now - pingAtNanos >= 0;
    if (due) {
      pingAtNanos = now + gapNanos();
    }
    return due;
  }

  /** Jittered by a fifth, so that the heartbeats of many do not come at once. */
  private long gapNanos() {
    long most = Pace.PING_EVERY.toNanos();
    return random.nextLong(most * 4 / 5, most);
  }
}
