package dev.crossfade.websocket;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much all sockets of this node together may have waiting to be written. Safe for many threads.
 */
public final class Budget {

  private final long maxChars;
  private final AtomicLong chars = new AtomicLong();

  public Budget(long maxChars) {
    this.maxChars = maxChars;
  }

  /** An eighth of the heap, at two bytes a character. */
  public static Budget ofHeap() {
    return new Budget(Runtime.getRuntime().maxMemory() / 16);
  }

  public long chars() {
    return chars.get();
  }

  void take(int count) {
    chars.addAndGet(count);
  }

  void give(int count) {
    chars.addAndGet(-count);
  }

  boolean spent() {
    return chars.get() >= maxChars;
  }
}
