package dev.crossfade.support;

import java.time.Duration;
import java.time.Instant;

/** A clock that is moved by hand. */
public final class HandClock extends UtcClock {

  private volatile Instant now;

  public HandClock(Instant start) {
    now = start;
  }

  public void forward(Duration by) {
    now = now.plus(by);
  }

  @Override
  public Instant instant() {
    return now;
  }
}
