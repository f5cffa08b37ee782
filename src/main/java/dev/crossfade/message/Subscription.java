package dev.crossfade.message;

import dev.crossfade.model.ChatException;
import java.util.List;
import java.util.concurrent.Executor;
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

  private final LiveConversation conversation;
  private final Subscriber subscriber;
  private final int batchLimit;
  private final Executor delivery;
  private final AtomicInteger signals = new AtomicInteger();
  private volatile long place;
  private volatile boolean started;
  private volatile boolean closed;

  Subscription(
      LiveConversation conversation, Subscriber subscriber, int batchLimit, Executor delivery) {
    this.conversation = conversation;
    this.subscriber = subscriber;
    this.batchLimit = batchLimit;
    this.delivery = delivery;
  }

  public long conversation() {
    return conversation.id();
  }

  /** The highest seq handed over. */
  public long place() {
    return place;
  }

  /** Something may be there to read, or the subscriber may be ready again. Never blocks. */
  public void signal() {
    if (started && !closed && signals.getAndIncrement() == 0) {
      delivery.execute(this::drain);
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

  /** A signal that arrives while this runs makes it run once more, so none is lost. */
  private void drain() {
    int seen;
    do {
      seen = signals.get();
      try {
        handOver();
      } catch (ChatException refusal) {
        subscriber.stalled(refusal);
      } catch (RuntimeException e) {
        LOG.error("delivery failed", e);
      }
    } while (signals.addAndGet(-seen) != 0);
  }

  private void handOver() {
    // Whoever has nothing to read does not ask whether it may write.
    while (!closed && conversation.head() > place && subscriber.ready()) {
      List<Encoded> batch = conversation.after(place, batchLimit);
      if (batch.isEmpty()) {
        return;
      }
      if (batch.get(0).seq() != place + 1) {
        throw new IllegalStateException(
            "conversation " + conversation.id() + " has a hole after seq " + place);
      }
      place = batch.get(batch.size() - 1).seq();
      subscriber.deliver(this, batch, conversation.head());
    }
  }
}
