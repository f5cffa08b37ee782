package dev.crossfade.peer;

import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Time and chance, handed in so that tests can decide both.
 *
 * @param clock the time of day
 * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
 * @param scheduler one thread that only hands work over to others
 */
public record Time(
    Clock clock, LongSupplier nanos, ScheduledExecutorService scheduler, RandomGenerator random) {

  long now() {
    return nanos.getAsLong();
  }
}
