package dev.crossfade.crowd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The same for many, a few at a time. */
final class Many {

  private static final int AT_ONCE = 16;

  private Many() {}

  /** The results for 0, 1, 2 … in order. Blocks until all are there. */
  static <T> List<T> of(int count, IntFunction<T> work)
      throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<T>> results =
          IntStream.range(0, count).mapToObj(n -> threads.submit(() -> work.apply(n))).toList();
      List<T> all = new ArrayList<>();
      for (Future<T> result : results) {
        all.add(result.get());
      }
      return all;
    } finally {
      threads.shutdownNow();
    }
  }
}
