package dev.crossfade.transports;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many clients of one kind on one thread, and what they cost on the wire. They take note of when
 * each message came; its text says when it was sent.
 */
final class Clients implements AutoCloseable {

  /** How a client hears of news. */
  enum Kind {
    SHORT_POLL("short poll every 2 s"),
    LONG_POLL("long poll, 25 s"),
    WEBSOCKET("WebSocket");

    final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  /** Who asks, and in which conversation. */
  record Person(String token, long conversation) {}

  /**
   * Totals since the start.
   *
   * @param requests HTTP requests, handshakes and frames that clients sent
   * @param delays from send to delivery in milliseconds
   */
  record Figures(long requests, long bytesUp, long bytesDown, List<Double> delays) {}

  private static final long POLL_EVERY_NANOS = 2_000_000_000L;
  private static final int BUFFER = 16_384;
  private static final Pattern SENT = Pattern.compile("~T(\\d+)~");
  private static final Pattern CURSOR = Pattern.compile("\"cursor\":(\\d+)");
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int TEXT = 1;

  private final Kind kind;
  private final int port;
  private final Selector selector;
  private final List<Client> clients = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "clients");
  private long requests;
  private long bytesUp;
  private long bytesDown;
  private List<Double> delays = new ArrayList<>();

  private Clients(Kind kind, int port) throws IOException {
    this.kind = kind;
    this.port = port;
    this.selector = Selector.open();
  }

  /** They begin spread over one interval. */
  static Clients open(Kind kind, int port, List<Person> people) throws IOException {
    Clients all = new Clients(kind, port);
    long now = System.nanoTime();
    for (int i = 0; i < people.size(); i++) {
      long first = now + POLL_EVERY_NANOS * i / people.size();
      all.clients.add(all.new Client(people.get(i), first));
    }
    all.thread.setDaemon(true);
    all.thread.start();
    return all;
  }

  /** The totals until now; the delays since the last call. */
  synchronized Figures figures() {
    Figures now = new Figures(requests, bytesUp, bytesDown, delays);
    delays = new ArrayList<>();
    return now;
  }

  @Override
  public void close() throws IOException {
    selector.close();
    for (Client client : clients) {
      client.channel.close();
    }
  }

  private void run() {
    try {
      while (selector.isOpen()) {
        selector.select(key -> ((Client) key.attachment()).readable(), 5);
        long now = System.nanoTime();
        for (Client client : clients) {
          client.due(now);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClosedSelectorException closed) {
      return;
    }
  }

  private final class Client {

    private final Person person;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(BUFFER);
    private long dueNanos;
    private long cursor;
    private boolean waits;
    private boolean open;

    Client(Person person, long firstNanos) throws IOException {
      this.person = person;
      this.dueNanos = firstNanos;
      channel = SocketChannel.open(new InetSocketAddress("localhost", port));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    void due(long now) {
      if (waits || now < dueNanos) {
        return;
      }
      waits = true;
      dueNanos = Math.max(now, dueNanos + POLL_EVERY_NANOS);
      if (kind == Kind.WEBSOCKET) {
        request(
            "GET /crossfade/ws",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
      } else {
        request(
            "GET /crossfade/api/messages?session_id="
                + person.conversation()
                + "&after="
                + cursor
                + (kind == Kind.LONG_POLL ? "&wait=25" : ""),
            "");
      }
    }

    private void request(String line, String headers) {
      write(
          (line
                  + " HTTP/1.1\r\nHost: localhost:"
                  + port
                  + "\r\nAuthorization: Bearer "
                  + person.token()
                  + "\r\nAccept: application/json\r\nAccept-Language: en\r\n"
                  + headers
                  + "\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
    }

    private void write(byte[] bytes) {
      try {
        if (channel.write(ByteBuffer.wrap(bytes)) < bytes.length) {
          throw new IOException("no room for " + bytes.length + " bytes");
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      synchronized (Clients.this) {
        requests++;
        bytesUp += bytes.length;
      }
    }

    void readable() {
      try {
        int read = channel.read(in);
        if (read < 0) {
          throw new IOException("the server closed a connection");
        }
        synchronized (Clients.this) {
          bytesDown += read;
        }
        in.flip();
        while (open ? frame() : response()) {
          // Each turn takes one.
        }
        in.compact();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Takes one response; false if it is not here as a whole. */
    private boolean response() throws IOException {
      String text = text(in.remaining());
      int end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        return false;
      }
      if (kind == Kind.WEBSOCKET) {
        requireStatus(text, "101");
        in.position(in.position() + end + 4);
        open = true;
        frame("{\"type\":\"join_session\",\"after\":0,\"session_id\":" + person.conversation() + "}");
        return true;
      }
      requireStatus(text, "200");
      Matcher length = LENGTH.matcher(text.substring(0, end));
      if (!length.find()) {
        throw new IOException("a response without a length: " + text);
      }
      int whole = end + 4 + Integer.parseInt(length.group(1));
      if (text.length() < whole) {
        return false;
      }
      in.position(in.position() + whole);
      String body = text.substring(end + 4, whole);
      note(body);
      Matcher next = CURSOR.matcher(body);
      while (next.find()) {
        cursor = Long.parseLong(next.group(1));
      }
      waits = false;
      if (kind == Kind.LONG_POLL) {
        dueNanos = System.nanoTime();
      }
      return true;
    }

    /** Takes one frame; false if it is not here as a whole. */
    private boolean frame() {
      if (in.remaining() < 2) {
        return false;
      }
      int start = in.position();
      int opcode = in.get() & 0x0F;
      int length = in.get() & 0x7F;
      if (length == 126 && in.remaining() >= 2) {
        length = in.getShort() & 0xFFFF;
      }
      if (in.remaining() < length) {
        in.position(start);
        return false;
      }
      String payload = text(length);
      in.position(in.position() + length);
      if (opcode == PING) {
        write(masked(PONG, payload));
      } else if (opcode == TEXT) {
        note(payload);
      }
      return true;
    }

    private void frame(String text) {
      write(masked(TEXT, text));
    }

    private String text(int length) {
      return new String(in.array(), in.position(), length, StandardCharsets.ISO_8859_1);
    }
  }

  private synchronized void note(String text) {
    long now = System.nanoTime();
    Matcher sent = SENT.matcher(text);
    while (sent.find()) {
      delays.add((now - Long.parseLong(sent.group(1))) / 1e6);
    }
  }

  private static void requireStatus(String response, String status) throws IOException {
    if (!response.startsWith("HTTP/1.1 " + status)) {
      throw new IOException("refused: " + response);
    }
  }

  /** A short frame with a mask of zeros, which changes nothing. */
  private static byte[] masked(int opcode, String text) {
    byte[] payload = text.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 6);
    frame.put((byte) (0x80 | opcode)).put((byte) (0x80 | payload.length)).putInt(0).put(payload);
    return frame.array();
  }
}
