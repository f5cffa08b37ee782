package dev.crossfade.app;

import dev.crossfade.message.Subscription;
import dev.crossfade.metrics.Meters;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of this node, one pool per purpose, so that blocking work of one kind does not delay
 * others. Each pool is bounded and has two gauges.
 */
final class Threads {

  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** Send messages from memory to sockets and held requests; never block. */
  private static final int DELIVERY = Math.max(2, CORES);

  /** Wait for the database; more threads would only wait for a pooled connection. */
  private static final int READS = 8;

  /** Write close frames, and sometimes wait for a peer that does not read. */
  private static final int CLOSING = 4;

  /** Write pings, and wait for at most 500 ms behind Tomcat's own answer to a ping. */
  private static final int PINGS = 4;

  /** Write responses that may block on a slow reader: only those of the doctor. */
  private static final int ANSWERS = 2;

  /** Wait for external systems. */
  private static final int OUTSIDE = 2;

  /** Checks the deadlines of all peers; never uses the database or the disk. */
  private static final int HEARTBEAT = 1;

  /** One per recurring database task, so that a hanging task does not delay the others. */
  private static final int HOUSEKEEPING = 10;

  /** Each subscription is queued at most once, so sockets alone never reach this. */
  private static final int MAX_DELIVERIES = 200_000;

  private static final int MAX_READS = 50_000;

  /** Each recurring task is queued at most once, and each socket is closed once. */
  private static final int MAX_WAITING = 50_000;

  final ExecutorService delivery;
  final ExecutorService reads;
  final ExecutorService closing;
  final ExecutorService pings;
  final ExecutorService answers;
  final ExecutorService outside;
  final ExecutorService heartbeat;
  final ExecutorService housekeeping;
  private final Closing closer;

  Threads(Closing closer, Meters meters) {
    this.closer = closer;
    delivery = pool(meters, "delivery", DELIVERY, MAX_DELIVERIES, Threads::runHere);
    reads = pool(meters, "reads", READS, MAX_READS, new ThreadPoolExecutor.AbortPolicy());
    closing = pool(meters, "closing", CLOSING, MAX_WAITING, new ThreadPoolExecutor.AbortPolicy());
    pings = pool(meters, "pings", PINGS, MAX_WAITING, new ThreadPoolExecutor.AbortPolicy());
    answers = pool(meters, "answers", ANSWERS, MAX_WAITING, new ThreadPoolExecutor.AbortPolicy());
    outside = pool(meters, "outside", OUTSIDE, MAX_WAITING, new ThreadPoolExecutor.AbortPolicy());
    heartbeat =
        pool(meters, "heartbeat", HEARTBEAT, MAX_WAITING, new ThreadPoolExecutor.AbortPolicy());
    housekeeping =
        pool(
            meters,
            "housekeeping",
            HOUSEKEEPING,
            MAX_WAITING,
            new ThreadPoolExecutor.AbortPolicy());
  }

  /** A delivery that finds the queue full runs on the calling thread; it does not block. */
  private static void runHere(Runnable work, ThreadPoolExecutor full) {
    if (full.isShutdown()) {
      throw new RejectedExecutionException("stopping");
    }
    work.run();
  }

  Subscription.Threads forSubscriptions() {
    return new Subscription.Threads(delivery, reads);
  }

  /** One timer, which hands work to the pools, or does what takes no time. */
  ScheduledThreadPoolExecutor scheduler() {
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(1, factory("scheduler"));
    scheduler.setRemoveOnCancelPolicy(true);
    scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    closer.keep(() -> stop(scheduler));
    return scheduler;
  }

  static ThreadFactory factory(String name) {
    AtomicInteger count = new AtomicInteger();
    return work -> {
      Thread thread = new Thread(work, "crossfade-" + name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private ExecutorService pool(
      Meters meters, String name, int threads, int capacity, RejectedExecutionHandler full) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(capacity),
            factory(name),
            full);
    closer.keep(() -> stop(pool));
    meters.gauge("crossfade.threads.busy", "Busy threads", pool::getActiveCount, "pool", name);
    meters.gauge(
        "crossfade.threads.waiting",
        "Tasks waiting for a thread",
        () -> pool.getQueue().size(),
        "pool",
        name);
    return pool;
  }

  private static void stop(ExecutorService executor) throws InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
      executor.shutdownNow();
      executor.awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
