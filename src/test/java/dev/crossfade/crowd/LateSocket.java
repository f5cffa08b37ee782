package dev.crossfade.crowd;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A WebSocket client that does not answer a close frame, and goes on. Calls block. */
final class LateSocket implements AutoCloseable {

  private static final int TEXT = 1;
  private static final int CLOSE = 8;

  /** Longer than the server waits for an identity, and for the answer to its close. */
  private static final int PATIENCE_MS = 20_000;

  private final Socket socket;
  private final DataInputStream in;

  private LateSocket(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MS);
    in = new DataInputStream(socket.getInputStream());
  }

  static LateSocket open(int port) throws IOException {
    LateSocket late = new LateSocket(new Socket("localhost", port));
    late.write(
        ("GET /crossfade/ws HTTP/1.1\r\nHost: localhost:"
                + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) late.in.readUnsignedByte());
    }
    if (!head.toString().startsWith("HTTP/1.1 101")) {
      throw new IllegalStateException(head.toString());
    }
    return late;
  }

  void text(String text) throws IOException {
    write(CrowdSocket.masked(TEXT, text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Reads on until the server's close frame. */
  int closeCode() throws IOException {
    while (true) {
      int opcode = in.readUnsignedByte() & 0x0F;
      int length = in.readUnsignedByte() & 0x7F;
      byte[] payload = new byte[length < 126 ? length : in.readUnsignedShort()];
      in.readFully(payload);
      if (opcode == CLOSE) {
        return (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
      }
    }
  }

  /** Reads on until the server ends the connection. */
  void awaitEnd() throws IOException {
    try {
      while (in.read() >= 0) {
        // What still comes does not matter.
      }
    } catch (java.net.SocketException reset) {
      return;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }
}
