package dev.crossfade.support;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A kept-alive connection as a browser has it, with bytes for requests. */
public final class LegacyConnection implements AutoCloseable {

  /** Longer than the longest held poll. */
  private static final int PATIENCE_MS = 30_000;

  /** {@code head} is the status line and the headers. */
  record Answer(List<String> head, String body) {

    /** The whole header line, or nothing. */
    String header(String name) {
      return head.stream()
          .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
          .findFirst()
          .orElse("");
    }
  }

  private final int port;
  private Socket socket;
  private DataInputStream in;

  public LegacyConnection(int port) throws IOException {
    this.port = port;
    open();
  }

  private void open() throws IOException {
    socket = new Socket("localhost", port);
    socket.setSoTimeout(PATIENCE_MS);
    in = new DataInputStream(socket.getInputStream());
  }

  public void send(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
  }

  public Answer answer() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line; !(line = line()).isEmpty(); ) {
      text.append(line).append('\n');
    }
    Answer head = new Answer(text.toString().lines().toList(), "");
    Answer answer = new Answer(head.head(), new String(body(head), StandardCharsets.UTF_8));
    if (head.header("Connection").endsWith("close")) {
      socket.close();
      open();
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private byte[] body(Answer head) throws IOException {
    if (head.header("Transfer-Encoding").endsWith("chunked")) {
      return chunks();
    }
    String length = head.header("Content-Length").replaceFirst("(?i)content-length: *", "");
    return in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (int size; (size = Integer.parseInt(line(), 16)) > 0; ) {
      whole.writeBytes(in.readNBytes(size));
      line();
    }
    line();
    return whole.toByteArray();
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b; (b = in.readUnsignedByte()) != '\n'; ) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
