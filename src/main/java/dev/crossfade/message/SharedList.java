package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.store.ConversationStore.Listed;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One list that is read once for all its watchers. Every watcher that enters and every change is
 * followed by a read that begins after it, so no commit is missed; there is one read at a time, and
 * two begin at least {@link #PERIOD} apart. Nothing here blocks except the read, which runs on the
 * executor. Safe for many threads.
 */
final class SharedList {

  private static final Logger LOG = LoggerFactory.getLogger(SharedList.class);

  /** In nanoseconds: a busy shop changes its list with every message. */
  static final long PERIOD = 250_000_000;

  /** One who watches, and as whom. */
  record Watch(Caller caller, ConversationLists.Watcher watcher) {}

  /** Runs a task after a delay in nanoseconds. Does not block. */
  interface Timer {
    void after(long delay, Runnable task);
  }

  private enum State {
    /** No read is due. */
    IDLE,
    /** A read is due and has not begun. */
    PLANNED,
    READING,
    /** Something changed, or someone entered, after the read began. */
    READING_OUTDATED
  }

  private final Supplier<Function<Caller, List<Listed>>> read;
  private final Executor reads;
  private final Timer timer;
  private final LongSupplier nanos;
  private final Set<Watch> watching = new LinkedHashSet<>();
  private State state = State.IDLE;
  private long mayReadAt;
  private long emptySince;

  /**
   * @param read reads the list, and answers how each caller sees it; blocks
   * @param nanos a clock that only goes forward
   */
  SharedList(
      Supplier<Function<Caller, List<Listed>>> read,
      Executor reads,
      Timer timer,
      LongSupplier nanos) {
    this.read = read;
    this.reads = reads;
    this.timer = timer;
    this.nanos = nanos;
    this.mayReadAt = nanos.getAsLong();
    this.emptySince = mayReadAt;
  }

  /** Adds a watcher; a {@link #look} must follow. */
  synchronized void enter(Watch watch) {
    watching.add(watch);
  }

  /** Whether it was the last one. */
  synchronized boolean leave(Watch watch) {
    boolean last = watching.remove(watch) && watching.isEmpty();
    if (last) {
      emptySince = nanos.getAsLong();
    }
    return last;
  }

  synchronized boolean emptyFor(long duration) {
    return watching.isEmpty() && nanos.getAsLong() - emptySince >= duration;
  }

  /** Reads as soon as it may. */
  void look() {
    plan(0);
  }

  /** Reads a little later, so that changes that come together are one read. */
  void changed() {
    plan(PERIOD);
  }

  private synchronized void plan(long delay) {
    if (watching.isEmpty()) {
      return;
    }
    if (state == State.READING) {
      state = State.READING_OUTDATED;
    } else if (state == State.IDLE) {
      state = State.PLANNED;
      long due = Math.max(delay, mayReadAt - nanos.getAsLong());
      try {
        if (due > 0) {
          timer.after(due, this::begin);
        } else {
          begin();
        }
      } catch (RejectedExecutionException stopping) {
        state = State.IDLE;
      }
    }
  }

  private void begin() {
    try {
      reads.execute(this::readForAll);
    } catch (RejectedExecutionException stopping) {
      synchronized (this) {
        state = State.IDLE;
      }
    }
  }

  private void readForAll() {
    List<Watch> told;
    synchronized (this) {
      // Who enters from here on may know of a commit that this read does not see: not told.
      told = List.copyOf(watching);
      state = told.isEmpty() ? State.IDLE : State.READING;
      mayReadAt = nanos.getAsLong() + PERIOD;
    }
    if (told.isEmpty()) {
      return;
    }
    try {
      Function<Caller, List<Listed>> list = read.get();
      told.forEach(watch -> tell(watch, () -> watch.watcher().listed(list.apply(watch.caller()))));
    } catch (RuntimeException failure) {
      told.forEach(watch -> tell(watch, () -> watch.watcher().failed(failure)));
    } finally {
      finished();
    }
  }

  private synchronized void finished() {
    boolean outdated = state == State.READING_OUTDATED;
    state = State.IDLE;
    if (outdated) {
      plan(0);
    }
  }

  private static void tell(Watch watch, Runnable news) {
    try {
      news.run();
    } catch (RuntimeException failure) {
      LOG.error("a watcher of a list of conversations failed", failure);
    }
  }
}
