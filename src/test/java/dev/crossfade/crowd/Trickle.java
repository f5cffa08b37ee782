package dev.crossfade.crowd;

import dev.crossfade.support.Api;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Pollers who ask for a long history and take a few bytes of the answer now and then, on one
 * thread. Whoever is cut off asks again at once.
 */
final class Trickle implements AutoCloseable {

  /** 5 KB a second: bytes keep passing, and an answer of 400 KB takes over a minute. */
  private static final int BYTES_AT_ONCE = 256;

  private static final long EVERY_MS = 50;

  /** The smallest that the kernel grants, so that what is under way is little too. */
  private static final int RECEIVE_BUFFER = 1_024;

  private static final int HISTORY = 100;
  private static final String CONTENT = "x".repeat(4_000);

  private final int port;
  private final String token;
  private final long conversation;
  private final List<Poller> pollers = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "trickle");
  private volatile boolean over;

  private static final class Poller {
    private final int instance;
    private SocketChannel channel;
    private volatile boolean begun;

    Poller(int instance) {
      this.instance = instance;
    }
  }

  private Trickle(int port, String token, long conversation) {
    this.port = port;
    this.token = token;
    this.conversation = conversation;
  }

  /** One visitor with a history of 100 messages of 4 KB, who asks for it in that many polls. */
  static Trickle start(Api api, int port, int pollers) throws IOException {
    Api visitor = api.visitor();
    long conversation = visitor.open();
    for (int n = 1; n <= HISTORY; n++) {
      visitor.say(conversation, CONTENT, "h" + n);
    }
    Trickle trickle = new Trickle(port, visitor.token(), conversation);
    for (int n = 0; n < pollers; n++) {
      Poller poller = new Poller(n);
      trickle.ask(poller);
      trickle.pollers.add(poller);
    }
    trickle.thread.setDaemon(true);
    trickle.thread.start();
    return trickle;
  }

  /** How many have begun to read an answer. */
  long begun() {
    return pollers.stream().filter(poller -> poller.begun).count();
  }

  @Override
  public void close() throws IOException {
    over = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Poller poller : pollers) {
      poller.channel.close();
    }
  }

  private void run() {
    ByteBuffer few = ByteBuffer.allocate(BYTES_AT_ONCE);
    try {
      while (!over) {
        for (Poller poller : pollers) {
          read(poller, few.clear());
        }
        TimeUnit.MILLISECONDS.sleep(EVERY_MS);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read(Poller poller, ByteBuffer few) throws IOException {
    int read;
    try {
      read = poller.channel.read(few);
    } catch (IOException cut) {
      read = -1;
    }
    poller.begun |= read > 0;
    if (read < 0) {
      poller.channel.close();
      ask(poller);
    }
  }

  private void ask(Poller poller) throws IOException {
    poller.channel = SocketChannel.open();
    // Before it connects: the window that it offers is settled then.
    poller.channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
    poller.channel.connect(new InetSocketAddress("localhost", port));
    String request =
        "GET /crossfade/api/messages?session_id=%d&after=0&wait=25&instance=slow-%d HTTP/1.1\r\n"
                .formatted(conversation, poller.instance)
            + "Host: localhost:"
            + port
            + "\r\nAuthorization: Bearer "
            + token
            + "\r\n\r\n";
    poller.channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
    poller.channel.configureBlocking(false);
  }
}
