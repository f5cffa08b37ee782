package dev.crossfade.websocket;

import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one writer of a socket: one send in flight, the next from its completion. Tomcat throws on a
 * second send, sometimes instead of calling the handler, and keeps what is unsent without a bound;
 * so what waits is kept here, up to a bound. Safe for many threads; offering never blocks.
 */
final class Outbox {

  /** Beyond so much that waits, the reader is too slow and is told to poll. */
  static final int MAX_CHARS = 1_000_000;

  static final int MAX_FRAMES = 1_000;

  /** An empty payload: only its echo matters. */
  private static final ByteBuffer PING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  /** What the owner of the socket hears; called on whichever thread wrote last. */
  interface Owner {
    /** Nothing waits and nothing is in flight, and somebody was turned away meanwhile. */
    void idle();

    /** A write failed. */
    void broken();

    /** Everything offered before the close has been written. */
    void closeNow(int code, String reason);
  }

  private sealed interface Item {
    record Text(String text) implements Item {}

    record Binary(byte[] bytes) implements Item {}

    record Ping() implements Item {}

    record Close(int code, String reason) implements Item {}
  }

  private static final Item TOO_SLOW = new Item.Close(CloseCode.TOO_SLOW, "too slow to read");

  private final RemoteEndpoint.Async remote;
  private final Owner owner;
  private final Queue<Item> waiting = new ArrayDeque<>();
  private final AtomicInteger pumps = new AtomicInteger();
  private int waitingChars;
  private boolean closed;
  private volatile boolean inFlight;
  private volatile boolean turnedAway;

  Outbox(RemoteEndpoint.Async remote, Owner owner) {
    this.remote = remote;
    this.owner = owner;
  }

  void text(String frame) {
    offer(new Item.Text(frame));
  }

  void binary(byte[] frame) {
    offer(new Item.Binary(frame));
  }

  void ping() {
    offer(new Item.Ping());
  }

  /** Closes after what was offered before; what is offered later is dropped. */
  void close(int code, String reason) {
    offer(new Item.Close(code, reason));
  }

  /** Whether a batch may be offered; who is told no is called back by {@link Owner#idle}. */
  boolean ready() {
    if (isIdle()) {
      return true;
    }
    // Said first, asked again then: else a completion between the two would call nobody back.
    turnedAway = true;
    return isIdle();
  }

  private boolean isIdle() {
    synchronized (waiting) {
      return !closed && !inFlight && waiting.isEmpty();
    }
  }

  private void offer(Item item) {
    synchronized (waiting) {
      if (closed) {
        return;
      }
      waiting.add(item);
      waitingChars += size(item);
      if (waiting.size() > MAX_FRAMES || waitingChars > MAX_CHARS) {
        // The frame in flight must come to its end: a close that overtakes it cuts it in two, and
        // the reader would not learn why. Its timeout ends whoever takes nothing at all.
        waiting.clear();
        waitingChars = 0;
        waiting.add(TOO_SLOW);
        closed = true;
      }
      closed |= item instanceof Item.Close;
    }
    pump();
  }

  /**
   * One thread pumps at a time; who comes meanwhile only leaves a mark, so a completion that
   * arrives on the sending thread does not nest.
   */
  private void pump() {
    if (pumps.getAndIncrement() != 0) {
      return;
    }
    int seen;
    do {
      seen = pumps.get();
      for (Item next; !inFlight && (next = next()) != null; ) {
        send(next);
      }
      if (turnedAway && isIdle()) {
        turnedAway = false;
        owner.idle();
      }
    } while (pumps.addAndGet(-seen) != 0);
  }

  private Item next() {
    synchronized (waiting) {
      Item item = waiting.poll();
      if (item != null) {
        waitingChars -= size(item);
      }
      return item;
    }
  }

  private void send(Item item) {
    try {
      if (item instanceof Item.Text text) {
        inFlight = true;
        remote.sendText(text.text(), this::sent);
      } else if (item instanceof Item.Binary binary) {
        inFlight = true;
        remote.sendBinary(ByteBuffer.wrap(binary.bytes()), this::sent);
      } else if (item instanceof Item.Ping) {
        // A blocking call, but nothing is in flight, so the socket has room for six bytes.
        remote.sendPing(PING.duplicate());
      } else if (item instanceof Item.Close close) {
        owner.closeNow(close.code(), close.reason());
      }
    } catch (IOException | RuntimeException failed) {
      inFlight = false;
      fail();
    }
  }

  private void sent(SendResult result) {
    inFlight = false;
    if (result.isOK()) {
      pump();
    } else {
      fail();
    }
  }

  private void fail() {
    drop();
    owner.broken();
  }

  private void drop() {
    synchronized (waiting) {
      closed = true;
      waiting.clear();
      waitingChars = 0;
    }
  }

  private static int size(Item item) {
    if (item instanceof Item.Text text) {
      return text.text().length();
    }
    return item instanceof Item.Binary binary ? binary.bytes().length : 0;
  }
}
