package dev.crossfade.support;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** An executor that runs nothing until the test says so: the order of threads is the test's. */
public final class ByHand implements Executor {

  private final Queue<Runnable> waiting = new ArrayDeque<>();

  /** Whether it takes nothing more. */
  public boolean full;

  @Override
  public void execute(Runnable task) {
    if (full) {
      throw new RejectedExecutionException();
    }
    waiting.add(task);
  }

  public int waiting() {
    return waiting.size();
  }

  /** Runs what waits, and what that leaves to be run, on this thread. */
  public void run() {
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
  }
}
