package dev.crossfade.crowd;

import dev.crossfade.crowd.CrowdSocket.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Thousands of WebSocket clients on one thread, each of which signs in, joins one conversation, and
 * then reads whatever comes and answers pings.
 */
final class Crowd implements AutoCloseable {

  /** Who signs in, and the conversation that it joins. */
  record Member(String token, long conversation) {}

  /**
   * What became of them until now.
   *
   * @param refused handshakes that the server refused; each is repeated
   * @param presenceFrames how many all of them got
   * @param closes how often the server ended a socket, by its close code; 1006 without a frame
   */
  record Figures(
      int authenticated,
      int joined,
      int refused,
      long presenceFrames,
      Map<Integer, Integer> closes) {

    int ended() {
      return closes.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  /** As many handshakes are under way as Tomcat's queue of new connections takes. */
  private static final int AT_ONCE = 100;

  /** A refused handshake is repeated after this, as clients do. */
  private static final long AGAIN_AFTER_MS = 500;

  private final InetSocketAddress server;
  private final Selector selector;
  private final Deque<Member> waiting;
  private final Queue<CrowdSocket> sockets = new ConcurrentLinkedQueue<>();
  private final Thread thread = new Thread(this::run, "crowd");
  private final Map<Integer, Integer> closes = new ConcurrentHashMap<>();
  private final AtomicInteger authenticated = new AtomicInteger();
  private final AtomicInteger joined = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicLong presenceFrames = new AtomicLong();
  private int opening;
  private long againAtMillis;

  private Crowd(int port, List<Member> members) throws IOException {
    server = new InetSocketAddress("localhost", port);
    selector = Selector.open();
    waiting = new ArrayDeque<>(members);
  }

  /** They come as fast as the server takes them. */
  static Crowd open(int port, List<Member> members) throws IOException {
    Crowd crowd = new Crowd(port, members);
    crowd.thread.setDaemon(true);
    crowd.thread.start();
    return crowd;
  }

  Figures figures() {
    return new Figures(
        authenticated.get(), joined.get(), refused.get(), presenceFrames.get(), Map.copyOf(closes));
  }

  /** Without a goodbye, as a power failure ends them. */
  @Override
  public void close() throws IOException {
    selector.close();
    for (CrowdSocket socket : sockets) {
      socket.channel().close();
    }
  }

  private void run() {
    try {
      while (selector.isOpen()) {
        openMore();
        selector.select(this::happened, AGAIN_AFTER_MS);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClosedSelectorException closed) {
      return;
    }
  }

  private void openMore() throws IOException {
    while (opening < AT_ONCE && !waiting.isEmpty() && System.currentTimeMillis() >= againAtMillis) {
      opening++;
      sockets.add(CrowdSocket.open(server, waiting.poll(), selector));
    }
  }

  private void happened(SelectionKey key) {
    CrowdSocket socket = (CrowdSocket) key.attachment();
    State before = socket.state();
    try {
      if (key.isConnectable()) {
        socket.connected(key);
      } else {
        socket.read(this::frame);
      }
    } catch (IOException cut) {
      socket.end();
    }
    if (socket.state() != before) {
      moved(socket, before);
    }
  }

  private void moved(CrowdSocket socket, State before) {
    State now = socket.state();
    if (before.compareTo(State.OPEN) < 0 && now.compareTo(State.OPEN) >= 0) {
      opening--;
    }
    if (now == State.REFUSED) {
      refused.incrementAndGet();
      againAtMillis = System.currentTimeMillis() + AGAIN_AFTER_MS;
      sockets.remove(socket);
      waiting.add(socket.member());
    } else if (now == State.ENDED) {
      closes.merge(socket.closeCode(), 1, Integer::sum);
    }
  }

  private void frame(CrowdSocket socket, String start) {
    if (start.startsWith("{\"type\":\"presence\"")) {
      presenceFrames.incrementAndGet();
    } else if (start.startsWith("{\"type\":\"auth_success\"")) {
      authenticated.incrementAndGet();
      socket.join();
    } else if (start.startsWith("{\"type\":\"joined_session\"")) {
      joined.incrementAndGet();
    }
  }
}
