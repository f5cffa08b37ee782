package dev.crossfade.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Bytes on a connection, for what no well-behaved client would send. */
public final class RawHttp {

  private static final int PATIENCE_MS = 10_000;

  private RawHttp() {}

  /** A handshake with more header lines (each ended by CRLF); answers the head of the response. */
  public static String handshake(int port, String path, String moreHeaders) {
    return head(
        port,
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost:"
            + port
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + moreHeaders
            + "\r\n");
  }

  /** Everything up to the empty line that ends the head. */
  public static String head(int port, String request) {
    return exchange(port, request.getBytes(StandardCharsets.UTF_8), "\r\n\r\n");
  }

  /** Everything until the server closes; the request must ask for that. */
  public static String whole(int port, byte[] request) {
    return exchange(port, request, null);
  }

  private static String exchange(int port, byte[] request, String until) {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(request);
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      for (int b; (b = in.read()) >= 0; ) {
        answer.write(b);
        if (until != null && answer.toString(StandardCharsets.UTF_8).endsWith(until)) {
          break;
        }
      }
      return answer.toString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
