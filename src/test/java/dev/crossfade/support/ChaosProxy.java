package dev.crossfade.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bad network and every middlebox that breaks chat in the wild, between client and server. A mode
 * holds for whatever passes while it is set; what is done to a connection is done to it for good.
 * {@link #hits} counts how often it bit. Two threads a connection.
 */
public final class ChaosProxy implements AutoCloseable {

  /** What it does to what passes. */
  public enum Mode {
    PASS,
    /** Takes the Upgrade header off, as proxies do that speak HTTP/1.0 behind. */
    STRIP_UPGRADE,
    /** Answers 101 by itself and then passes nothing: it does not understand what it agreed to. */
    SILENT_101,
    /** Takes no connection at all. */
    REFUSE,
    /** Every piece comes {@link #LATENCY_MS} late. */
    LATENCY,
    /** What a client says over a socket comes {@link #LATE_FRAMES_MS} late: a choked uplink. */
    LATE_FRAMES,
    /** {@link #BYTES_A_SECOND} in each direction of each connection. */
    BANDWIDTH,
    /** Byte by byte. */
    SLICES,
    /** Answers are held back for {@link #BUFFER_MS}, as by a proxy that fills a buffer first. */
    BUFFER,
    /** Ends what was silent for {@link #IDLE_MS}. */
    IDLE_CUT,
    /** Answers every request with a page of its own, as a hotel's network does. */
    HTML,
    /** Sends every POST twice, as a proxy does that lost the first answer. */
    REPEAT_POST,
    /** Ends a connection in an orderly way after some bytes, in the middle of whatever it is. */
    FIN_AFTER,
    /** Resets a connection after some bytes. */
    RST_AFTER,
    /** Takes connections and bytes, and passes nothing. */
    BLACK_HOLE
  }

  static final int LATENCY_MS = 300;

  /** Longer than a server waits for the first word. */
  static final int LATE_FRAMES_MS = 6_000;

  static final int BYTES_A_SECOND = 20_000;
  static final int BUFFER_MS = 1_000;
  static final int IDLE_MS = 1_000;

  /** A connection is cut after so many bytes at most. */
  private static final int MOST_BYTES = 4_000;

  private static final Pattern UPGRADE = Pattern.compile("(?im)^(upgrade|connection):[^\r\n]*\r\n");
  private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
  private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");

  private final ServerSocket listener;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "chaos-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final Set<Pair> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong hits = new AtomicLong();
  private final Random random;
  private volatile int target;
  private volatile Mode mode = Mode.PASS;

  public ChaosProxy(int targetPort) throws IOException {
    this(targetPort, new Random());
  }

  /** {@code random} decides after how many bytes, and which connections. */
  public ChaosProxy(int targetPort, Random random) throws IOException {
    this.target = targetPort;
    this.random = random;
    listener = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
    threads.execute(this::cutIdle);
  }

  public String url() {
    return "http://localhost:" + listener.getLocalPort() + "/crossfade/";
  }

  public ChaosProxy mode(Mode newMode) {
    mode = newMode;
    return this;
  }

  /** Where new connections go: a server that came back elsewhere. */
  public void target(int port) {
    target = port;
  }

  /** How many connections, requests or pieces a mode or a cut has harmed so far. */
  public long hits() {
    return hits.get();
  }

  /** Ends every connection that is open now, telling both sides. */
  public void cut() {
    some(1).forEach(Pair::close);
  }

  /** Ends a share of the connections in an orderly way. */
  public void cut(double share) {
    some(share).forEach(Pair::close);
  }

  /** Ends a share of the connections by RST, dropping what is on its way. */
  public void reset(double share) {
    some(share)
        .forEach(
            pair -> {
              abort(pair.client);
              abort(pair.server);
            });
  }

  /** The server's side dies, and the client is not told: it hears nothing any more. */
  public void loseServer(double share) {
    some(share)
        .forEach(
            pair -> {
              pair.untold = true;
              abort(pair.server);
            });
  }

  /** The client's side dies, and the server is not told: it writes into the void. */
  public void loseClient(double share) {
    some(share)
        .forEach(
            pair -> {
              pair.untold = true;
              abort(pair.client);
            });
  }

  @Override
  public void close() throws IOException {
    listener.close();
    open.forEach(Pair::close);
    threads.shutdownNow();
  }

  private List<Pair> some(double share) {
    List<Pair> some =
        open.stream()
            .filter(
                pair -> {
                  synchronized (random) {
                    return random.nextDouble() < share;
                  }
                })
            .toList();
    hits.addAndGet(some.size());
    return some;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (mode == Mode.REFUSE) {
          hits.incrementAndGet();
          abort(client);
        } else {
          threads.execute(() -> serve(client));
        }
      } catch (IOException | RejectedExecutionException closed) {
        return;
      }
    }
  }

  private void cutIdle() {
    while (!listener.isClosed()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      if (Thread.interrupted()) {
        return;
      }
      if (mode == Mode.IDLE_CUT) {
        long now = System.nanoTime();
        for (Pair pair : open) {
          if (now - pair.lastNanos > TimeUnit.MILLISECONDS.toNanos(IDLE_MS)) {
            hits.incrementAndGet();
            pair.close();
          }
        }
      }
    }
  }

  private void serve(Socket client) {
    Socket server;
    try {
      client.setTcpNoDelay(true);
      server = new Socket(InetAddress.getLoopbackAddress(), target);
      server.setTcpNoDelay(true);
    } catch (IOException nobodyThere) {
      abort(client);
      return;
    }
    Pair pair = new Pair(client, server);
    open.add(pair);
    threads.execute(() -> answers(pair));
    try {
      requests(pair);
    } catch (IOException gone) {
      // Either side went; the other is closed with it.
    } finally {
      pair.sideEnded();
    }
  }

  /** Head by head, so that each request of a kept connection is looked at; frames as they come. */
  private void requests(Pair pair) throws IOException {
    InputStream in = pair.client.getInputStream();
    OutputStream out = pair.server.getOutputStream();
    for (String head; (head = head(in)) != null; ) {
      boolean upgrade = head.toLowerCase(Locale.ROOT).contains("upgrade: websocket");
      byte[] body = in.readNBytes(contentLength(head));
      Mode now = mode;
      if (upgrade && now == Mode.SILENT_101) {
        hits.incrementAndGet();
        pair.client.getOutputStream().write(switchingProtocols(head));
        in.transferTo(OutputStream.nullOutputStream());
        return;
      }
      if (now == Mode.HTML) {
        hits.incrementAndGet();
        pair.client.getOutputStream().write(page());
        pair.close();
        return;
      }
      boolean strip = upgrade && now == Mode.STRIP_UPGRADE;
      if (strip) {
        hits.incrementAndGet();
      }
      byte[] passed =
          (strip ? UPGRADE.matcher(head).replaceAll("") : head)
              .getBytes(StandardCharsets.ISO_8859_1);
      byte[] request = new byte[passed.length + body.length];
      System.arraycopy(passed, 0, request, 0, passed.length);
      System.arraycopy(body, 0, request, passed.length, body.length);
      if (now == Mode.REPEAT_POST && head.startsWith("POST")) {
        hits.incrementAndGet();
        threads.execute(() -> repeat(request));
      }
      pass(pair, out, request, request.length, true);
      if (upgrade && !strip) {
        pair.framed = true;
        pump(pair, in, out, true);
        return;
      }
    }
  }

  private void answers(Pair pair) {
    try {
      pump(pair, pair.server.getInputStream(), pair.client.getOutputStream(), false);
    } catch (IOException gone) {
      // As above.
    } finally {
      pair.sideEnded();
    }
  }

  private void pump(Pair pair, InputStream in, OutputStream out, boolean up) throws IOException {
    byte[] buffer = new byte[16_384];
    for (int n; (n = in.read(buffer)) >= 0; ) {
      pass(pair, out, buffer, n, up);
    }
  }

  private void pass(Pair pair, OutputStream out, byte[] bytes, int n, boolean up)
      throws IOException {
    pair.lastNanos = System.nanoTime();
    Mode now = mode;
    if (now == Mode.BLACK_HOLE) {
      pair.swallowed = true;
    }
    if (pair.swallowed || pair.untold) {
      // Once a byte is missing, nothing that follows may pass: no network resumes in the middle.
      hits.incrementAndGet();
      return;
    }
    switch (now) {
      case LATENCY -> late(LATENCY_MS);
      case LATE_FRAMES -> late(up && pair.framed ? LATE_FRAMES_MS : 0);
      case BUFFER -> late(up ? 0 : BUFFER_MS);
      case BANDWIDTH -> late(n * 1000L / BYTES_A_SECOND);
      default -> {}
    }
    if (now == Mode.FIN_AFTER || now == Mode.RST_AFTER) {
      int left = pair.bytesLeft(n);
      if (left < n) {
        hits.incrementAndGet();
        out.write(bytes, 0, left);
        out.flush();
        if (now == Mode.RST_AFTER) {
          abort(pair.client);
          abort(pair.server);
        }
        pair.close();
        throw new IOException("cut");
      }
    }
    if (now == Mode.SLICES) {
      hits.incrementAndGet();
      for (int i = 0; i < n; i++) {
        out.write(bytes[i]);
        out.flush();
      }
    } else {
      out.write(bytes, 0, n);
      out.flush();
    }
  }

  private void late(long millis) {
    if (millis > 0) {
      hits.incrementAndGet();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
  }

  /** The same bytes on a connection of their own; the answer goes nowhere. */
  private void repeat(byte[] request) {
    try (Socket again = new Socket(InetAddress.getLoopbackAddress(), target)) {
      again.setSoTimeout(5_000);
      again.getOutputStream().write(request);
      again.getInputStream().read();
    } catch (IOException gone) {
      // Nobody waits for it.
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int b; (b = in.read()) >= 0; ) {
      head.append((char) b);
      int length = head.length();
      if (b == '\n' && length > 3 && head.charAt(length - 3) == '\n') {
        return head.toString();
      }
    }
    return null;
  }

  private static int contentLength(String head) {
    Matcher length = LENGTH.matcher(head);
    return length.find() ? Integer.parseInt(length.group(1)) : 0;
  }

  private static byte[] page() {
    String html = "<!doctype html><title>Welcome</title><p>Please sign in to the network.";
    return ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: "
            + html.length()
            + "\r\n\r\n"
            + html)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] switchingProtocols(String head) throws IOException {
    Matcher key = KEY.matcher(head);
    if (!key.find()) {
      throw new IOException("no key");
    }
    try {
      byte[] accept =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key.group(1) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + Base64.getEncoder().encodeToString(accept)
              + "\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One connection, seen from both sides. */
  private final class Pair {
    private final Socket client;
    private final Socket server;
    private final int mostBytes;
    private int bytes;

    /** One side is dead and the other must not learn of it. */
    private volatile boolean untold;

    private volatile boolean swallowed;

    /** A socket by now, as far as the client's side goes. */
    private volatile boolean framed;

    private volatile long lastNanos = System.nanoTime();

    Pair(Socket client, Socket server) {
      this.client = client;
      this.server = server;
      synchronized (random) {
        mostBytes = 1 + random.nextInt(MOST_BYTES);
      }
    }

    /** How many of the next {@code n} bytes still pass. */
    synchronized int bytesLeft(int n) {
      int left = Math.min(n, Math.max(0, mostBytes - bytes));
      bytes += n;
      return left;
    }

    /** One direction is over: with it the other, unless that is kept in the dark. */
    void sideEnded() {
      if (!untold) {
        close();
      }
    }

    void close() {
      quietly(client);
      quietly(server);
      open.remove(this);
    }
  }

  private static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException alreadyGone) {
      // Then it needs no reset.
    }
    quietly(socket);
  }

  private static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException alreadyGone) {
      // That is what was wanted.
    }
  }
}
