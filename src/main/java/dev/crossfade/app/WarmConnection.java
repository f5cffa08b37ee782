package dev.crossfade.app;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the {@link WarmUp} to its own node: HTTP/1.1, and after {@link #upgrade}
 * WebSocket. As little of both as our own answers need, because a client that is large would have
 * to be compiled too. Not for use by several threads.
 */
final class WarmConnection implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WarmConnection.class);
  private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(10).toMillis();
  private static final int FINAL_TEXT = 0x81;
  private static final int TEXT = 1;
  private static final int MASKED = 0x80;
  private static final int LENGTH_16 = 126;

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final OutputStream out;
  private final String path;
  private final String headers;

  /**
   * @param host the virtual host
   * @param path of the node, without a slash at its end
   * @param key lets it in
   */
  WarmConnection(InetSocketAddress address, String host, String path, String key, String token)
      throws IOException {
    this.path = path;
    this.headers =
        String.join(
            "\r\n",
            "Host: " + host,
            WarmUp.KEY_HEADER + ": " + key,
            "Authorization: Bearer " + token,
            "Content-Type: application/json",
            "");
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(address, TIMEOUT_MILLIS);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      out = socket.getOutputStream();
    } catch (IOException failed) {
      close();
      throw failed;
    }
  }

  /** Sends a request so many times; as many {@link #answer} must follow. */
  void ask(String method, String resource, int times) throws IOException {
    String request = method + " " + path + resource + " HTTP/1.1\r\n" + headers + "\r\n";
    out.write(request.repeat(times).getBytes(StandardCharsets.UTF_8));
  }

  /** Blocks for the answer; returns its body. */
  String call(String method, String resource, String body) throws IOException {
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    String length = content.length == 0 ? "" : "Content-Length: " + content.length + "\r\n";
    String head = method + " " + path + resource + " HTTP/1.1\r\n" + headers + length + "\r\n";
    out.write((head + body).getBytes(StandardCharsets.UTF_8));
    return answer();
  }

  /** Throws an IOException for anything but success. */
  String answer() throws IOException {
    String status = line();
    int length = 0;
    for (String header; !(header = line()).isEmpty(); ) {
      if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(header.indexOf(':') + 1).trim());
      }
    }
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    if (!status.startsWith("HTTP/1.1 2") && !status.startsWith("HTTP/1.1 101")) {
      throw new IOException(status + " " + body);
    }
    return body;
  }

  void upgrade(String resource) throws IOException {
    String upgrade =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    String head = "GET " + path + resource + " HTTP/1.1\r\n" + headers + upgrade;
    out.write(head.getBytes(StandardCharsets.UTF_8));
    answer();
  }

  /** One frame; a mask of zeros leaves the text as it is. */
  void send(String text) throws IOException {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(content.length + 8).put((byte) FINAL_TEXT);
    if (content.length < LENGTH_16) {
      frame.put((byte) (MASKED | content.length));
    } else {
      frame.put((byte) (MASKED | LENGTH_16)).putShort((short) content.length);
    }
    frame.putInt(0).put(content);
    out.write(frame.array(), 0, frame.position());
  }

  /** Blocks until a frame of this type came. */
  void await(String type) throws IOException {
    String begin = "{\"type\":\"" + type + "\"";
    while (!frame().startsWith(begin)) {
      // Others are of no interest.
    }
  }

  private String frame() throws IOException {
    StringBuilder text = new StringBuilder();
    boolean last;
    do {
      int head = in.readUnsignedByte();
      int length = in.readUnsignedByte();
      byte[] content = in.readNBytes(length == LENGTH_16 ? in.readUnsignedShort() : length);
      // A frame goes on with opcode 0; pings may come in between.
      boolean ours = (head & 0xf) <= TEXT;
      last = ours && (head & MASKED) != 0;
      if (ours) {
        text.append(new String(content, StandardCharsets.UTF_8));
      }
    } while (!last);
    return text.toString();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c; (c = in.read()) != '\n'; ) {
      if (c < 0) {
        throw new EOFException("the connection was closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  boolean closed() {
    return socket.isClosed();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException gone) {
      LOG.debug("warm-up: close", gone);
    }
  }
}
