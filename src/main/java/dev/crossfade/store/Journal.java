package dev.crossfade.store;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.BatchWriter.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.hibernate.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: whatever waits is written in one transaction, in the order it came. One thread
 * writes; while it commits, the next batch gathers, so batches grow with load. An entry that comes
 * after a quiet moment never waits; in a busy one it waits for some {@link #GATHER}.
 *
 * @param <E> an entry
 * @param <R> what became of it
 */
public final class Journal<E, R> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  private record Waiting<E, R>(E entry, CompletableFuture<R> promise, long sinceNanos) {}

  /**
   * Where the one that waits for longest has waited so long, more comes in than can be written: who
   * comes now is told so at once, instead of waiting for an answer that comes too late.
   */
  public static final Duration MAX_WAIT = Duration.ofMillis(500);

  /**
   * For so long an entry comes again and again; then it is refused, and the sender may repeat it.
   */
  public static final Duration ASIDE_AT_MOST = Duration.ofSeconds(2);

  /**
   * From the start of one commit to the start of the next, at least. A commit to H2 costs as much
   * CPU as some eight messages in it ({@code AppendBench}): at a thousand messages a second, each
   * in a commit of its own, a node would do little else.
   */
  static final Duration GATHER = Duration.ofMillis(5);

  /** How often it is seen that a whole batch waits already. */
  private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();

  private final Database database;
  private final BatchWriter<E, R> writer;
  private final BlockingQueue<Waiting<E, R>> queue;
  private final int capacity;
  private final int batchLimit;
  private final LongSupplier nanos;
  private final Thread thread;
  private volatile boolean closing;
  private volatile long committingSince;

  /** When the last commit began; for the journal's thread alone. */
  private long lastCommit;

  /**
   * What comes again with the next batch, before all that is newer and beside a whole batch of it;
   * at most as many as may wait. For the journal's thread alone.
   */
  private final List<Waiting<E, R>> aside = new ArrayList<>();

  /**
   * @param capacity entries that may wait; beyond it {@link #submit} refuses
   * @param batchLimit entries in one transaction
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  public Journal(
      Database database,
      BatchWriter<E, R> writer,
      int capacity,
      int batchLimit,
      LongSupplier nanos,
      ThreadFactory threads) {
    this.database = database;
    this.writer = writer;
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.capacity = capacity;
    this.batchLimit = batchLimit;
    this.nanos = nanos;
    this.lastCommit = nanos.getAsLong() - GATHER.toNanos();
    this.thread = threads.newThread(this::run);
    this.thread.start();
  }

  /**
   * Never blocks. The promise is completed on the journal's thread after the commit, so whatever
   * hangs on it must not block; hang it on before the call and it runs in the order of commits. It
   * fails with a ChatException: a refusal (nothing stored), or {@code unavailable} (perhaps
   * stored).
   *
   * @throws ChatException {@code unavailable} where the queue is full, too slow or closed; nothing
   *     is stored
   */
  public void submit(E entry, CompletableFuture<R> promise) {
    long now = nanos.getAsLong();
    Waiting<E, R> waiting = new Waiting<>(entry, promise, now);
    if (closing || overloaded(now) || !queue.offer(waiting)) {
      throw comeBack();
    }
    if (!thread.isAlive() && queue.remove(waiting)) {
      // It was closed between the look and the offer, and nobody would ever settle this one.
      throw comeBack();
    }
  }

  private static ChatException comeBack() {
    return new ChatException(Problem.UNAVAILABLE).with("retry_after", 1);
  }

  private boolean overloaded(long now) {
    Waiting<E, R> oldest = queue.peek();
    return oldest != null && now - oldest.sinceNanos() > MAX_WAIT.toNanos();
  }

  public int waiting() {
    return queue.size();
  }

  /** How long the commit that is under way has taken so far; zero where there is none. */
  public Duration busyFor() {
    long since = committingSince;
    return since == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, nanos.getAsLong() - since));
  }

  /** Writes what waits, then stops. Blocks up to 10 s. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
      if (thread.isAlive()) {
        LOG.warn("journal: {} entries unwritten at close", queue.size());
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    List<Waiting<E, R>> batch = new ArrayList<>();
    while (!closing || !queue.isEmpty() || !aside.isEmpty()) {
      try {
        // Wakes now and then only to see that it is closing.
        Waiting<E, R> first =
            aside.isEmpty() ? queue.poll(200, TimeUnit.MILLISECONDS) : queue.poll();
        batch.addAll(aside);
        aside.clear();
        if (first != null) {
          batch.add(first);
        }
        if (!batch.isEmpty()) {
          gather();
          queue.drainTo(batch, first == null ? batchLimit : batchLimit - 1);
          lastCommit = nanos.getAsLong();
          committingSince = lastCommit | 1;
          commit(batch);
          committingSince = 0;
        }
      } catch (InterruptedException e) {
        closing = true;
        refuse(batch);
        Thread.currentThread().interrupt();
        break;
      } finally {
        batch.clear();
      }
    }
    refuse(aside);
    while (queue.drainTo(batch) > 0) {
      refuse(batch);
      batch.clear();
    }
  }

  private void refuse(List<Waiting<E, R>> unwritten) {
    ChatException gone = new ChatException(Problem.UNAVAILABLE);
    unwritten.forEach(one -> settle(one, Outcome.refused(gone)));
  }

  /**
   * Waits until the last commit began long enough ago, or, looking now and then, a whole batch
   * waits.
   */
  private void gather() throws InterruptedException {
    long due = lastCommit + GATHER.toNanos();
    long left;
    while ((left = due - nanos.getAsLong()) > 0 && !closing && queue.size() < batchLimit - 1) {
      TimeUnit.NANOSECONDS.sleep(Math.min(left, LOOK_NANOS));
    }
  }

  private void commit(List<Waiting<E, R>> batch) {
    List<E> entries = batch.stream().map(Waiting::entry).toList();
    List<Outcome<R>> outcomes;
    try {
      Function<Session, List<Outcome<R>>> work = session -> writer.write(session, entries);
      outcomes = database.inTransaction(work);
    } catch (RuntimeException e) {
      afterFailure(batch, e);
      return;
    } catch (Error e) {
      // The thread must go on: without it nothing is ever written again.
      LOG.error("journal: a batch failed", e);
      refuse(batch);
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      Outcome<R> outcome = outcomes.get(i);
      if (outcome.later()) {
        putAside(batch.get(i));
      } else {
        settle(batch.get(i), outcome);
      }
    }
  }

  private void putAside(Waiting<E, R> waiting) {
    long waited = nanos.getAsLong() - waiting.sinceNanos();
    if (waited > ASIDE_AT_MOST.toNanos() || aside.size() >= capacity) {
      settle(waiting, Outcome.refused(comeBack()));
    } else {
      aside.add(waiting);
    }
  }

  /** One entry that the database refuses must not take its neighbours down with it. */
  private void afterFailure(List<Waiting<E, R>> batch, RuntimeException failure) {
    boolean unreachable =
        failure instanceof ChatException refusal && refusal.problem() == Problem.UNAVAILABLE;
    if (batch.size() > 1 && !unreachable) {
      Set<Object> held = new HashSet<>();
      for (Waiting<E, R> one : batch) {
        // Nothing may overtake what was put aside.
        Object line = writer.lineOf(one.entry());
        int before = aside.size();
        if (held.contains(line)) {
          putAside(one);
        } else {
          commit(List.of(one));
        }
        if (aside.size() > before) {
          held.add(line);
        }
      }
      return;
    }
    if (!unreachable) {
      LOG.error("journal: an entry could not be written", failure);
    }
    ChatException refusal =
        failure instanceof ChatException answer ? answer : new ChatException(Problem.INTERNAL);
    batch.forEach(one -> settle(one, Outcome.refused(refusal)));
  }

  private void settle(Waiting<E, R> waiting, Outcome<R> outcome) {
    try {
      if (outcome.refusal() != null) {
        waiting.promise().completeExceptionally(outcome.refusal());
      } else {
        waiting.promise().complete(outcome.result());
      }
    } catch (RuntimeException | Error e) {
      LOG.error("journal: a listener failed", e);
    }
  }
}
