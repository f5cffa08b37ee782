package dev.crossfade.crowd;

import dev.crossfade.support.Api;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Connections that ask, one request behind the other, and never read an answer. */
final class Silent implements AutoCloseable {

  /** The smallest that the kernel grants. */
  private static final int RECEIVE_BUFFER = 1_024;

  private final int port;
  private final List<SocketChannel> connections = new ArrayList<>();

  Silent(int port) {
    this.port = port;
  }

  /** One more connection; what does not fit into the connection of so many requests is not sent. */
  void ask(Api who, String path, int times) throws IOException {
    send("GET", who, path, "", times);
  }

  /** The same with a body of ASCII. */
  void post(Api who, String path, String body, int times) throws IOException {
    send("POST", who, path, body, times);
  }

  private void send(String method, Api who, String path, String body, int times)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    // Before it connects: the window that it offers is settled then.
    channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
    channel.connect(new InetSocketAddress("localhost", port));
    connections.add(channel);
    channel.configureBlocking(false);
    String request =
        method
            + " /crossfade/"
            + path
            + " HTTP/1.1\r\nHost: localhost:"
            + port
            + "\r\nAuthorization: Bearer "
            + who.token()
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    channel.write(ByteBuffer.wrap(request.repeat(times).getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel connection : connections) {
      connection.close();
    }
  }
}
