package dev.crossfade.crowd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Sockets that say nothing but pings, as many as the server takes, and never read; one thread. */
final class PingFlood implements AutoCloseable {

  private static final int PING = 9;
  private static final byte[] PINGS = pings();

  /** The smallest that the kernel grants. */
  private static final int RECEIVE_BUFFER = 1_024;

  private final Queue<Flooder> flooders = new ConcurrentLinkedQueue<>();
  private final Thread thread = new Thread(this::run, "ping-flood");
  private volatile boolean over;

  private record Flooder(SocketChannel channel, ByteBuffer rest) {}

  private PingFlood() {}

  static PingFlood start(int port, int sockets) throws IOException {
    PingFlood flood = new PingFlood();
    for (int n = 0; n < sockets; n++) {
      flood.flooders.add(open(port));
    }
    flood.thread.setDaemon(true);
    flood.thread.start();
    return flood;
  }

  /** How many the server has not ended yet. */
  int open() {
    return flooders.size();
  }

  @Override
  public void close() throws IOException {
    over = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Flooder flooder : flooders) {
      flooder.channel().close();
    }
  }

  private static Flooder open(int port) throws IOException {
    SocketChannel channel = SocketChannel.open();
    // Before it connects: the window that it offers is settled then.
    channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
    channel.connect(new InetSocketAddress("localhost", port));
    String handshake =
        "GET /crossfade/ws HTTP/1.1\r\nHost: localhost:"
            + port
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    channel.write(ByteBuffer.wrap(handshake.getBytes(StandardCharsets.ISO_8859_1)));
    channel.configureBlocking(false);
    return new Flooder(channel, ByteBuffer.wrap(PINGS));
  }

  private void run() {
    try {
      while (!over) {
        boolean stuck = true;
        for (Flooder flooder : flooders) {
          stuck &= flood(flooder) == 0;
        }
        if (stuck) {
          TimeUnit.MILLISECONDS.sleep(10);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many bytes it could write. */
  private int flood(Flooder flooder) throws IOException {
    if (!flooder.rest().hasRemaining()) {
      flooder.rest().clear();
    }
    try {
      return flooder.channel().write(flooder.rest());
    } catch (IOException ended) {
      flooder.channel().close();
      flooders.remove(flooder);
      return 0;
    }
  }

  /** Whole pings of the largest payload that there may be. */
  private static byte[] pings() {
    byte[] ping = CrowdSocket.masked(PING, new byte[125]);
    ByteBuffer many = ByteBuffer.allocate(64 * ping.length);
    while (many.hasRemaining()) {
      many.put(ping);
    }
    return many.array();
  }
}
