package dev.crossfade.peer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may wait on this node for clients to read it, in characters or bytes, over all of them.
 * Safe for many threads.
 */
public final class Budget {

  private final long most;
  private final AtomicLong taken = new AtomicLong();

  public Budget(long most) {
    this.most = most;
  }

  /** An eighth of the heap, at two bytes a character. */
  public static Budget ofHeap() {
    return new Budget(Runtime.getRuntime().maxMemory() / 16);
  }

  public long taken() {
    return taken.get();
  }

  public void take(int count) {
    taken.addAndGet(count);
  }

  public void give(int count) {
    taken.addAndGet(-count);
  }

  public boolean spent() {
    return taken.get() >= most;
  }
}
