package dev.crossfade.message;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One listener's place in one conversation. Signals may come from any thread, any number of times;
 * the draining is done by one thread at a time, so the place only moves forward and every message
 * passes once, in order.
 */
public final class Subscription {

  private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

  /**
   * Where a subscription does its work.
   *
   * @param delivery for what is in memory; nothing on it blocks
   * @param reads for what must be read from the store
   */
  public record Threads(Executor delivery, Executor reads) {}

  private final LiveConversation conversation;
  private final Subscriber subscriber;
  private final int batchLimit;
  private final Threads threads;
  private final AtomicInteger signals = new AtomicInteger();
  private volatile long place;
  private volatile boolean started;
  private volatile boolean closed;

  Subscription(
      LiveConversation conversation, Subscriber subscriber, int batchLimit, Threads threads) {
    this.conversation = conversation;
    this.subscriber = subscriber;
    this.batchLimit = batchLimit;
    this.threads = threads;
  }

  public long conversation() {
    return conversation.id();
  }

  /** The highest seq that was taken. */
  public long place() {
    return place;
  }

  /** Whether the subscriber was let in; until then it hears nothing. */
  boolean started() {
    return started;
  }

  /** Something may be there to read, or the subscriber may have room again. Never blocks. */
  public void signal() {
    if (started && !closed && signals.getAndIncrement() == 0) {
      threads.delivery().execute(() -> drain(false));
    }
  }

  /**
   * Ends it. A batch that is being handed over on another thread may still arrive. Twice is
   * harmless.
   */
  public void close() {
    closed = true;
    conversation.remove(this);
  }

  Subscriber subscriber() {
    return subscriber;
  }

  void start(long from) {
    place = from;
    started = true;
    signal();
  }

  /**
   * A signal that arrives while this runs makes it run once more, so none is lost. Whoever hands
   * the work to the other executor hands over the right to drain with it: the signals stay counted
   * until that thread is done.
   */
  private void drain(boolean mayRead) {
    int seen;
    do {
      seen = signals.get();
      try {
        if (!handOver(mayRead)) {
          threads.reads().execute(() -> drain(true));
          return;
        }
      } catch (RejectedExecutionException overloaded) {
        subscriber.stalled(new ChatException(Problem.UNAVAILABLE).with("retry_after", 1));
      } catch (ChatException refusal) {
        subscriber.stalled(refusal);
      } catch (RuntimeException | Error e) {
        // An Error too: the right to drain must be given back, or nothing is delivered ever again.
        LOG.error("delivery failed", e);
      }
    } while (signals.addAndGet(-seen) != 0);
  }

  /** False if it cannot go on without the store. */
  private boolean handOver(boolean mayRead) {
    // A subscriber with nothing to read does not ask for room.
    while (!closed && conversation.head() > place) {
      if (!mayRead && !conversation.remembers(place, batchLimit)) {
        return false;
      }
      if (!subscriber.reserve()) {
        return true;
      }
      boolean reserved = true;
      try {
        List<Encoded> batch = conversation.after(place, batchLimit, mayRead);
        if (batch == null) {
          return false;
        }
        if (batch.isEmpty()) {
          return true;
        }
        batch = Batch.bounded(batch, subscriber.maxChars());
        requireNoHole(batch);
        reserved = false;
        if (!subscriber.deliver(this, batch, conversation.head())) {
          close();
          return true;
        }
        place = batch.get(batch.size() - 1).seq();
      } finally {
        if (reserved) {
          subscriber.cancel();
        }
      }
    }
    return true;
  }

  private void requireNoHole(List<Encoded> batch) {
    if (batch.get(0).seq() != place + 1) {
      throw new IllegalStateException(
          "conversation " + conversation.id() + " has a hole after seq " + place);
    }
  }
}
