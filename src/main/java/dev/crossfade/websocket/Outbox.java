package dev.crossfade.websocket;

import dev.crossfade.message.Batch;
import dev.crossfade.model.CloseReason;
import dev.crossfade.peer.Budget;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a socket: one send in flight, the next from its completion. Tomcat throws on a
 * second send, sometimes instead of calling the handler, and keeps what is unsent without a bound;
 * so what waits is kept here, up to a bound. Safe for many threads; offering never blocks.
 */
final class Outbox {

  /** If more than this waits, the reader is too slow and is told to poll. */
  static final int MAX_CHARS = 1_000_000;

  static final int MAX_FRAMES = 1_000;

  /** The share of {@link #MAX_CHARS} that each socket keeps while the node's budget is spent. */
  static final int MAX_CHARS_WHEN_SPENT = MAX_CHARS / 10;

  static final int BATCH_WHEN_SPENT = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** An empty payload: only its echo matters. */
  private static final ByteBuffer PING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final RemoteEndpoint.Async remote;
  private final OutboxOwner owner;
  private final Budget budget;
  private final AtomicInteger pumps = new AtomicInteger();

  /** Guards all below. */
  private final Queue<Outgoing> waiting = new ArrayDeque<>();

  private int waitingChars;
  private int grantedChars;
  private int inFlightChars;
  private boolean inFlight;
  private boolean pongWaits;
  private boolean reserved;
  private boolean turnedAway;
  private boolean closed;

  Outbox(RemoteEndpoint.Async remote, OutboxOwner owner, Budget budget) {
    this.remote = remote;
    this.owner = owner;
    this.budget = budget;
  }

  void text(String frame) {
    offer(List.of(new Outgoing.Text(frame)), false);
  }

  void ping() {
    offer(List.of(new Outgoing.Ping()), false);
  }

  /** One answer is as good as many: it is dropped if one waits already. */
  void pong(String frame) {
    synchronized (waiting) {
      if (pongWaits) {
        return;
      }
      pongWaits = true;
    }
    offer(List.of(new Outgoing.Pong(frame)), false);
  }

  /**
   * Closes after what was offered before, or without it where the peer has lost the right to it;
   * nothing is taken any more.
   */
  void close(CloseReason why) {
    if (why.atOnce()) {
      synchronized (waiting) {
        if (!closed) {
          clear();
        }
      }
    }
    offer(List.of(new Outgoing.Close(why)), false);
  }

  /**
   * Reserves room for one batch: true if nothing waits or is in flight and nobody else has
   * reserved. After false the owner hears of {@link OutboxOwner#roomAgain}.
   */
  boolean reserve() {
    synchronized (waiting) {
      if (idle() && !reserved) {
        reserved = true;
        return true;
      }
      turnedAway = true;
      return false;
    }
  }

  /**
   * While the node's budget is spent by readers who are slow, those who are not get small batches:
   * they must not be kept from reading by the others.
   */
  int maxChars() {
    return budget.spent() ? BATCH_WHEN_SPENT : Batch.MAX_CHARS;
  }

  /** Nothing came of what was reserved. */
  void cancel() {
    synchronized (waiting) {
      reserved = false;
    }
    pump();
  }

  /** Puts a batch into the room that was reserved; false if it is closed already. */
  boolean batch(List<String> frames, boolean binary) {
    List<Outgoing> items =
        frames.stream()
            .map(
                frame ->
                    binary
                        ? new Outgoing.Binary(frame.getBytes(StandardCharsets.UTF_8))
                        : (Outgoing) new Outgoing.Text(frame))
            .toList();
    return offer(items, true);
  }

  /** Whoever is told that it went away offers nothing any more. */
  void drop() {
    synchronized (waiting) {
      closed = true;
      clear();
      // Tomcat may never tell what became of the one in flight.
      landed();
    }
  }

  private boolean idle() {
    return !closed && !inFlight && waiting.isEmpty();
  }

  /** False if it is closed; {@code granted} if room was reserved: what waits was asked then. */
  private boolean offer(List<Outgoing> items, boolean granted) {
    synchronized (waiting) {
      reserved &= !granted;
      if (closed) {
        return false;
      }
      for (Outgoing item : items) {
        waiting.add(item);
        waitingChars += item.chars();
        grantedChars += granted ? item.chars() : 0;
        budget.take(item.chars());
        closed |= item instanceof Outgoing.Close;
      }
      if (waiting.size() > MAX_FRAMES || waitingChars > (granted ? MAX_CHARS : allowed())) {
        // The frame in flight must come to its end: a close that overtakes it cuts it in two, and
        // the reader would not learn why. Its timeout ends a reader that takes nothing at all.
        clear();
        waiting.add(new Outgoing.Close(CloseReason.TOO_SLOW));
        closed = true;
      }
    }
    pump();
    return true;
  }

  private int allowed() {
    return budget.spent() ? grantedChars + MAX_CHARS_WHEN_SPENT : MAX_CHARS;
  }

  /**
   * One thread pumps at a time; whoever comes meanwhile only leaves a mark, so a completion that
   * arrives on the sending thread does not nest.
   */
  private void pump() {
    if (pumps.getAndIncrement() != 0) {
      return;
    }
    int seen;
    do {
      seen = pumps.get();
      try {
        for (Outgoing next; (next = next()) != null; ) {
          send(next);
        }
        if (hasRoomAgain()) {
          owner.roomAgain();
        }
      } catch (RuntimeException | Error e) {
        // An Error too: the right to pump must be given back, or nothing is written ever again.
        LOG.error("a socket's writer failed", e);
        fail();
      }
    } while (pumps.addAndGet(-seen) != 0);
  }

  private boolean hasRoomAgain() {
    synchronized (waiting) {
      boolean room = turnedAway && !reserved && idle();
      turnedAway &= !room;
      return room;
    }
  }

  private Outgoing next() {
    synchronized (waiting) {
      Outgoing item = inFlight ? null : waiting.poll();
      if (item != null) {
        waitingChars -= item.chars();
        // A batch comes first: it was granted when nothing waited.
        grantedChars = Math.max(0, grantedChars - item.chars());
        inFlightChars = item.chars();
        inFlight = !(item instanceof Outgoing.Close);
        pongWaits &= !(item instanceof Outgoing.Pong);
      }
      return item;
    }
  }

  private void send(Outgoing item) {
    try {
      if (item instanceof Outgoing.Text text) {
        remote.sendText(text.text(), this::sent);
      } else if (item instanceof Outgoing.Pong pong) {
        remote.sendText(pong.text(), this::sent);
      } else if (item instanceof Outgoing.Binary binary) {
        remote.sendBinary(ByteBuffer.wrap(binary.bytes()), this::sent);
      } else if (item instanceof Outgoing.Ping) {
        owner.apart(this::sendPing);
      } else if (item instanceof Outgoing.Close close) {
        owner.closeNow(close.why());
      }
    } catch (RuntimeException failed) {
      landed();
      fail();
    }
  }

  /** Blocks for as long as Tomcat waits, in which its own answer to a ping may be under way. */
  private void sendPing() {
    try {
      remote.sendPing(PING.duplicate());
      owner.pinged();
      landed();
      pump();
    } catch (IOException | RuntimeException failed) {
      landed();
      fail();
    }
  }

  private void sent(SendResult result) {
    landed();
    if (result.isOK()) {
      pump();
    } else {
      fail();
    }
  }

  private void landed() {
    synchronized (waiting) {
      inFlight = false;
      budget.give(inFlightChars);
      inFlightChars = 0;
    }
  }

  private void fail() {
    drop();
    owner.broken();
  }

  private void clear() {
    waiting.clear();
    budget.give(waitingChars);
    waitingChars = 0;
    grantedChars = 0;
    pongWaits = false;
  }
}
