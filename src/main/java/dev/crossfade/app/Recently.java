package dev.crossfade.app;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The answer of a check that costs a query, a second old at most: however many ask, one of them
 * waits for it, and the others hear the last answer; after another second, no. Safe for many
 * threads; blocks one at a time for as long as the check does.
 */
final class Recently implements BooleanSupplier {

  static final Duration KEPT = Duration.ofSeconds(1);

  private final BooleanSupplier check;
  private final LongSupplier nanos;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile long askedAt;
  private volatile long askingSince;
  private volatile boolean answer;

  /**
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  Recently(BooleanSupplier check, LongSupplier nanos) {
    this.check = check;
    this.nanos = nanos;
    this.askedAt = nanos.getAsLong() - KEPT.toNanos();
    this.askingSince = this.askedAt;
  }

  @Override
  public boolean getAsBoolean() {
    long now = nanos.getAsLong();
    long age = now - askedAt;
    if (age < KEPT.toNanos()) {
      return answer;
    }
    if (!asking.compareAndSet(false, true)) {
      return answer && now - askingSince < KEPT.toNanos();
    }
    askingSince = now;
    try {
      answer = check.getAsBoolean();
      askedAt = now;
      return answer;
    } finally {
      asking.set(false);
    }
  }
}
