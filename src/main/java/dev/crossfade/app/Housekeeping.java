package dev.crossfade.app;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs recurring tasks. The timer only starts them; they run on {@code workers}. */
final class Housekeeping {

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final ScheduledExecutorService scheduler;
  private final Executor workers;

  Housekeeping(ScheduledExecutorService scheduler, Executor workers) {
    this.scheduler = scheduler;
    this.workers = workers;
  }

  /** Runs a task periodically; skips a run while the previous one is still in progress. */
  void every(Duration period, Runnable work) {
    AtomicBoolean busy = new AtomicBoolean();
    long millis = period.toMillis();
    scheduler.scheduleAtFixedRate(() -> start(work, busy), millis, millis, TimeUnit.MILLISECONDS);
  }

  private void start(Runnable work, AtomicBoolean busy) {
    if (!busy.compareAndSet(false, true)) {
      return;
    }
    try {
      workers.execute(
          () -> {
            try {
              work.run();
            } catch (RuntimeException | Error e) {
              LOG.warn("housekeeping: {}", e.toString());
            } finally {
              busy.set(false);
            }
          });
    } catch (RejectedExecutionException stopping) {
      busy.set(false);
    }
  }
}
