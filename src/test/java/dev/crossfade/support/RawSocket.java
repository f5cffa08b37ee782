package dev.crossfade.support;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A WebSocket client that may break every rule of RFC 6455: it writes what it is given. */
public final class RawSocket implements AutoCloseable {

  public static final int FIN = 0x80;
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  /** What {@link #closeCode} answers where the server ended without a close frame. */
  static final int NO_CLOSE_FRAME = 1006;

  private static final int PATIENCE_MS = 10_000;
  private static final byte[] MASK = {1, 2, 3, 4};

  private final Socket socket;
  private final DataInputStream in;
  private final StringBuilder texts = new StringBuilder();
  private boolean ponged;

  private RawSocket(int port, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      // Before it connects: the window that it offers is settled then.
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress("localhost", port));
    socket.setSoTimeout(PATIENCE_MS);
    in = new DataInputStream(socket.getInputStream());
  }

  /** Opens {@code path} with more header lines (each ended by CRLF). */
  public static RawSocket open(int port, String path, String moreHeaders) {
    return open(port, path, moreHeaders, 0);
  }

  /** The same with little room for what was not read yet, in bytes; 0 for the system's choice. */
  public static RawSocket open(int port, String path, String moreHeaders, int receiveBuffer) {
    try {
      RawSocket raw = new RawSocket(port, receiveBuffer);
      raw.write(
          ("GET "
                  + path
                  + " HTTP/1.1\r\nHost: localhost:"
                  + port
                  + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  + moreHeaders
                  + "\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
      String head = raw.head();
      if (!head.startsWith("HTTP/1.1 101")) {
        throw new IllegalStateException(head);
      }
      return raw;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes in hexadecimal, as they are. */
  public RawSocket hex(String bytes) {
    return write(HexFormat.of().parseHex(bytes));
  }

  /** A masked frame; {@code first} is its first byte: flags and opcode. */
  public RawSocket frame(int first, byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(first);
    if (payload.length < 126) {
      out.write(0x80 | payload.length);
    } else {
      out.write(0x80 | 126);
      out.write(payload.length >> 8);
      out.write(payload.length);
    }
    out.writeBytes(MASK);
    for (int i = 0; i < payload.length; i++) {
      out.write(payload[i] ^ MASK[i % 4]);
    }
    return write(out.toByteArray());
  }

  /** All that came in text frames until the close. */
  public String texts() {
    return texts.toString();
  }

  /**
   * Waits for the first text and for the echo of a ping, which Tomcat writes after it: a close
   * frame that crosses with a write in flight may end without an answer.
   */
  public RawSocket greeted() {
    try {
      while (texts.isEmpty()) {
        readFrame();
      }
      frame(FIN | PING, new byte[0]);
      while (!ponged) {
        readFrame();
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads on until the server closes. */
  public int closeCode() {
    try {
      int code = 0;
      while (code == 0) {
        code = readFrame();
      }
      return code;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("still open; so far: " + texts, e);
    } catch (IOException ended) {
      return NO_CLOSE_FRAME;
    }
  }

  /** The code of a close frame, else 0. */
  private int readFrame() throws IOException {
    int opcode = in.readUnsignedByte() & 0x0F;
    byte[] payload = new byte[length()];
    in.readFully(payload);
    if (opcode == CLOSE) {
      return payload.length < 2 ? 1005 : (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
    }
    if (opcode == PONG) {
      ponged = true;
      return 0;
    }
    texts.append(new String(payload, StandardCharsets.UTF_8)).append('\n');
    return 0;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int length() throws IOException {
    int length = in.readUnsignedByte() & 0x7F;
    return length < 126 ? length : length == 126 ? in.readUnsignedShort() : (int) in.readLong();
  }

  private RawSocket write(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }
}
