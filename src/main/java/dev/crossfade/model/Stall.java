package dev.crossfade.model;

import java.time.Duration;

/**
 * Notices that this node stood still, by a regular look that comes late: what others then seem to
 * have missed is its own fault. Safe for many threads.
 */
public final class Stall {

  private final long longestNanos;
  private volatile boolean looked;
  private volatile long lookedAtNanos;

  /** {@code longest} is the time between two looks from which on it stood still. */
  public Stall(Duration longest) {
    this.longestNanos = longest.toNanos();
  }

  /** The regular look, on one thread; whether this node stood still before it. */
  public boolean look(long nowNanos) {
    boolean late = late(nowNanos);
    lookedAtNanos = nowNanos;
    looked = true;
    return late;
  }

  /** Whether it stands still, or did until now, and the look is still to come. */
  public boolean late(long nowNanos) {
    return looked && nowNanos - lookedAtNanos > longestNanos;
  }
}
