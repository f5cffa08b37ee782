package dev.crossfade.support;

import java.time.Duration;
import java.time.Instant;

/** A clock that starts now and runs so many times as fast. */
public final class FastClock extends UtcClock {

  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();
  private final int factor;

  public FastClock(int factor) {
    this.factor = factor;
  }

  @Override
  public Instant instant() {
    return start.plusNanos((System.nanoTime() - startNanos) * factor);
  }

  /** Since it was started. */
  public Duration passed() {
    return Duration.between(start, instant());
  }
}
