package dev.crossfade.peer;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.message.Joined;
import dev.crossfade.message.Subscriber;
import dev.crossfade.message.Subscription;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Transport;
import dev.crossfade.wire.Reply;
import java.util.List;

/** One conversation that a peer has joined. Safe for many threads. */
final class Feed implements Subscriber {

  private final Peer peer;
  private volatile Subscription subscription;
  private volatile long missedUpTo;
  private volatile long historyUpTo;
  private boolean ended;

  Feed(Peer peer) {
    this.peer = peer;
  }

  /** The place was granted; runs before the first message. */
  void joined(Joined joined, boolean fromStart) {
    // Messages up to here came while the reader was away.
    missedUpTo = joined.resumed() ? joined.head() : 0;
    // Messages up to here were asked for from the start: nobody waited for them.
    historyUpTo = fromStart ? joined.head() : 0;
  }

  void subscribed(Subscription made) {
    subscription = made;
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
    return peer.caller();
  }

  @Override
  public Transport transport() {
    return peer.pipe().transport();
  }

  @Override
  public boolean reserve() {
    return peer.feeds.reserve(this);
  }

  @Override
  public int maxChars() {
    return peer.pipe().maxChars();
  }

  @Override
  public void cancel() {
    peer.pipe().cancel();
  }

  @Override
  public boolean deliver(Subscription from, List<Encoded> batch, long head) {
    synchronized (this) {
      if (ended) {
        peer.pipe().cancel();
        return false;
      }
      try {
        var messages = new Reply.Messages(from.conversation(), batch, head, missedUpTo);
        if (!peer.pipe().deliver(messages)) {
          return false;
        }
      } catch (RuntimeException failed) {
        // The place has moved on: the client must come back and name its own.
        peer.close(CloseReason.WRITE_FAILED);
        throw failed;
      }
    }
    peer.observed.delivered(batch, batch.get(0).seq() > historyUpTo);
    return true;
  }

  @Override
  public void hear(Event event) {
    peer.pipe().send(new Reply.Happened(event));
  }

  /** A held request says so; a connection that stands tries again with the next sweep. */
  @Override
  public void stalled(ChatException refusal) {
    if (peer.pipe().once()) {
      peer.pipe().send(new Reply.Refused(refusal, null));
    }
  }
}
