package dev.crossfade.support;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that starts now and runs so many times as fast. */
public final class FastClock extends Clock {

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

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
