package dev.crossfade.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Thousands of signed-in WebSocket clients on one thread, which do nothing but listen and answer a
 * close. Frames are small and unmasked from the server, so the last bytes show the close.
 */
public final class ManySockets implements AutoCloseable {

  private static final byte[] CLOSE_FRAME = {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0};
  private static final int CLOSE = 0x88;

  private final Selector selector = Selector.open();
  private final List<SocketChannel> channels = new ArrayList<>();
  private final AtomicInteger closed = new AtomicInteger();
  private final Set<Integer> codes = new ConcurrentSkipListSet<>();
  private Thread reader;

  private ManySockets() throws IOException {}

  public static ManySockets open(int port, int count) throws IOException {
    ManySockets sockets = new ManySockets();
    for (int i = 0; i < count; i++) {
      sockets.add(port, Api.token("u" + i, "demo", "visitor", Duration.ofHours(1)));
    }
    sockets.reader = new Thread(sockets::read, "many-sockets");
    sockets.reader.setDaemon(true);
    sockets.reader.start();
    return sockets;
  }

  public int closed() {
    return closed.get();
  }

  /** The codes that the server closed with. */
  public Set<Integer> codes() {
    return codes;
  }

  /** Without a goodbye, as a cut cable ends them. */
  @Override
  public void close() throws IOException {
    selector.close();
    for (SocketChannel channel : channels) {
      channel.close();
    }
  }

  private void add(int port, String token) throws IOException {
    SocketChannel channel = SocketChannel.open(new InetSocketAddress("localhost", port));
    String request =
        "GET /crossfade/ws HTTP/1.1\r\nHost: localhost:"
            + port
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer "
            + token
            + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
    ByteBuffer answer = ByteBuffer.allocate(4096);
    while (!text(answer).contains("\r\n\r\n")) {
      if (channel.read(answer) < 0) {
        throw new IllegalStateException("refused: " + text(answer));
      }
    }
    if (!text(answer).startsWith("HTTP/1.1 101")) {
      throw new IllegalStateException(text(answer));
    }
    channel.configureBlocking(false);
    // What came behind the head stays in the buffer.
    String head = text(answer);
    answer.flip().position(head.indexOf("\r\n\r\n") + 4);
    answer.compact();
    channel.register(selector, SelectionKey.OP_READ, answer);
    channels.add(channel);
  }

  private static String text(ByteBuffer buffer) {
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
  }

  private void read() {
    try {
      while (selector.isOpen()) {
        selector.select(key -> read(key));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (java.nio.channels.ClosedSelectorException closedByTheTest) {
      return;
    }
  }

  private void read(SelectionKey key) {
    SocketChannel channel = (SocketChannel) key.channel();
    ByteBuffer in = (ByteBuffer) key.attachment();
    try {
      if (channel.read(in) < 0) {
        end(channel);
      } else {
        frames(channel, in.flip());
        in.compact();
      }
    } catch (IOException cut) {
      end(channel);
    }
  }

  private void frames(SocketChannel channel, ByteBuffer in) throws IOException {
    while (in.remaining() >= 2) {
      int start = in.position();
      int opcode = in.get() & 0xFF;
      int length = in.get() & 0x7F;
      if (length == 126 && in.remaining() >= 2) {
        length = in.getShort() & 0xFFFF;
      } else if (length == 126) {
        length = Integer.MAX_VALUE;
      }
      if (in.remaining() < length) {
        in.position(start);
        return;
      }
      if (opcode == CLOSE) {
        codes.add(in.getShort(in.position()) & 0xFFFF);
        channel.write(ByteBuffer.wrap(CLOSE_FRAME));
      }
      in.position(in.position() + length);
    }
  }

  private void end(SocketChannel channel) {
    closed.incrementAndGet();
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
