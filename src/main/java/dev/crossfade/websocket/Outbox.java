package dev.crossfade.websocket;

import dev.crossfade.model.CloseReason;
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

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** An empty payload: only its echo matters. */
  private static final ByteBuffer PING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  /** What the owner of the socket hears; called on whichever thread wrote last. */
  interface Owner {
    /** There is room for a batch, and a batch was turned away meanwhile. */
    void roomAgain();

    /** A ping was written. */
    void pinged();

    /** A write failed. */
    void broken();

    /** Everything offered before the close has been written. */
    void closeNow(CloseReason why);
  }

  private sealed interface Item {
    record Text(String text) implements Item {}

    record Binary(byte[] bytes) implements Item {}

    record Pong(String text) implements Item {}

    record Ping() implements Item {}

    record Close(CloseReason why) implements Item {}
  }

  private final RemoteEndpoint.Async remote;
  private final Owner owner;
  private final Budget budget;
  private final AtomicInteger pumps = new AtomicInteger();

  /** Guards all below. */
  private final Queue<Item> waiting = new ArrayDeque<>();

  private int waitingChars;
  private int inFlightChars;
  private boolean inFlight;
  private boolean pongWaits;
  private boolean reserved;
  private boolean turnedAway;
  private boolean closed;

  Outbox(RemoteEndpoint.Async remote, Owner owner, Budget budget) {
    this.remote = remote;
    this.owner = owner;
    this.budget = budget;
  }

  void text(String frame) {
    offer(List.of(new Item.Text(frame)));
  }

  void ping() {
    offer(List.of(new Item.Ping()));
  }

  /** One answer is as good as many: it is dropped if one waits already. */
  void pong(String frame) {
    synchronized (waiting) {
      if (pongWaits) {
        return;
      }
      pongWaits = true;
    }
    offer(List.of(new Item.Pong(frame)));
  }

  /** Closes after what was offered before; nothing is taken any more. */
  void close(CloseReason why) {
    offer(List.of(new Item.Close(why)));
  }

  /**
   * Reserves room for one batch: true if nothing waits or is in flight and nobody else has
   * reserved. After false the owner hears of {@link Owner#roomAgain}. While the node's budget is
   * spent nobody calls: the next sweep of all subscriptions asks again.
   */
  boolean reserve() {
    synchronized (waiting) {
      if (idle() && !reserved && !budget.spent()) {
        reserved = true;
        return true;
      }
      turnedAway = true;
      return false;
    }
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
    List<Item> items =
        frames.stream()
            .map(
                frame ->
                    binary
                        ? new Item.Binary(frame.getBytes(StandardCharsets.UTF_8))
                        : (Item) new Item.Text(frame))
            .toList();
    return offer(items, true);
  }

  /** Whoever is told that it went away offers nothing any more. */
  void drop() {
    synchronized (waiting) {
      closed = true;
      clear();
    }
  }

  private boolean idle() {
    return !closed && !inFlight && waiting.isEmpty();
  }

  private void offer(List<Item> items) {
    offer(items, false);
  }

  /**
   * {@code granted} if room for them was reserved: whether there is too much was asked then. False
   * if it is closed already.
   */
  private boolean offer(List<Item> items, boolean granted) {
    synchronized (waiting) {
      reserved &= !granted;
      if (closed) {
        return false;
      }
      for (Item item : items) {
        waiting.add(item);
        waitingChars += size(item);
        budget.take(size(item));
        closed |= item instanceof Item.Close;
      }
      if (waiting.size() > MAX_FRAMES || waitingChars > (granted ? MAX_CHARS : allowed())) {
        // The frame in flight must come to its end: a close that overtakes it cuts it in two, and
        // the reader would not learn why. Its timeout ends a reader that takes nothing at all.
        clear();
        waiting.add(new Item.Close(CloseReason.TOO_SLOW));
        closed = true;
      }
    }
    pump();
    return true;
  }

  private int allowed() {
    return budget.spent() ? MAX_CHARS_WHEN_SPENT : MAX_CHARS;
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
        for (Item next; (next = next()) != null; ) {
          send(next);
        }
        if (hasRoomAgain()) {
          owner.roomAgain();
        }
      } catch (RuntimeException | Error e) {
        // An Error too: the right to pump must be given back, or nothing is written ever again.
        LOG.error("a socket's writer failed", e);
        drop();
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

  private Item next() {
    synchronized (waiting) {
      Item item = inFlight ? null : waiting.poll();
      if (item != null) {
        waitingChars -= size(item);
        inFlightChars = size(item);
        inFlight = !(item instanceof Item.Ping || item instanceof Item.Close);
        pongWaits &= !(item instanceof Item.Pong);
      }
      return item;
    }
  }

  private void send(Item item) {
    try {
      if (item instanceof Item.Text text) {
        remote.sendText(text.text(), this::sent);
      } else if (item instanceof Item.Pong pong) {
        remote.sendText(pong.text(), this::sent);
      } else if (item instanceof Item.Binary binary) {
        remote.sendBinary(ByteBuffer.wrap(binary.bytes()), this::sent);
      } else if (item instanceof Item.Ping) {
        // A blocking call, but nothing is in flight, so the socket has room for six bytes.
        remote.sendPing(PING.duplicate());
        owner.pinged();
      } else if (item instanceof Item.Close close) {
        owner.closeNow(close.why());
      }
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
    pongWaits = false;
  }

  private static int size(Item item) {
    if (item instanceof Item.Text text) {
      return text.text().length();
    }
    return item instanceof Item.Binary binary ? binary.bytes().length : 0;
  }
}
