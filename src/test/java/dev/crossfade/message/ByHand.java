package dev.crossfade.message;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** An executor that runs nothing until the test says so: the order of threads is the test's. */
final class ByHand implements Executor {

  private final Queue<Runnable> waiting = new ArrayDeque<>();

  /** Whether it takes nothing more. */
  boolean full;

  @Override
  public void execute(Runnable task) {
    if (full) {
      throw new RejectedExecutionException();
    }
    waiting.add(task);
  }

  int waiting() {
    return waiting.size();
  }

  /** Runs what waits, and what that leaves to be run, on this thread. */
  void run() {
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
  }
}
