package dev.crossfade.websocket;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.message.Subscriber;
import dev.crossfade.message.Subscription;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Transport;
import java.util.List;

/** One conversation that a connection has joined. */
final class Feed implements Subscriber {

  private final Connection connection;
  private volatile Subscription subscription;
  private volatile long missedUpTo;
  private volatile long historyUpTo;
  private boolean ended;

  Feed(Connection connection) {
    this.connection = connection;
  }

  void subscribed(Subscription made) {
    subscription = made;
  }

  /** Messages up to here came while the reader was away. */
  void missedUpTo(long seq) {
    missedUpTo = seq;
  }

  /** Messages up to here were asked for from the start: nobody waited for them. */
  void historyUpTo(long seq) {
    historyUpTo = seq;
  }

  void signal() {
    Subscription made = subscription;
    if (made != null) {
      made.signal();
    }
  }

  /** After this returns, nothing more comes. */
  void end() {
    synchronized (this) {
      ended = true;
    }
    Subscription made = subscription;
    if (made != null) {
      made.close();
    }
  }

  @Override
  public Caller caller() {
    return connection.caller();
  }

  @Override
  public Transport transport() {
    return Transport.WEBSOCKET;
  }

  @Override
  public boolean ready() {
    return connection.ready();
  }

  @Override
  public synchronized void deliver(Subscription from, List<Encoded> batch, long head) {
    if (!ended) {
      connection.deliver(from.conversation(), batch, missedUpTo, historyUpTo);
    }
  }

  @Override
  public void hear(Event event) {
    connection.hear(event);
  }
}
