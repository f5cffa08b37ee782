package dev.crossfade.crowd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** One of a {@link Crowd}: as little of a WebSocket client as does for it. For one thread. */
final class CrowdSocket {

  /** In the order in which a socket goes through them; the last two are ends. */
  enum State {
    CONNECTING,
    HANDSHAKE,
    OPEN,
    REFUSED,
    ENDED
  }

  /** Hears of a text frame, by how it starts. */
  interface Listener {
    void frame(CrowdSocket socket, String start);
  }

  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int NO_CLOSE_FRAME = 1006;
  private static final int BUFFER = 2_048;
  private static final int LONGEST_HEADER = 10;

  /** Enough to tell the type of a frame. */
  private static final int START = 32;

  private final SocketChannel channel;
  private final Crowd.Member member;
  private final int port;
  private final ByteBuffer in = ByteBuffer.allocate(BUFFER);
  private State state = State.CONNECTING;
  private long toSkip;
  private int closeCode = NO_CLOSE_FRAME;

  private CrowdSocket(SocketChannel channel, Crowd.Member member, int port) {
    this.channel = channel;
    this.member = member;
    this.port = port;
  }

  static CrowdSocket open(InetSocketAddress server, Crowd.Member member, Selector selector)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    CrowdSocket socket = new CrowdSocket(channel, member, server.getPort());
    channel.register(selector, SelectionKey.OP_CONNECT, socket);
    channel.connect(server);
    return socket;
  }

  State state() {
    return state;
  }

  Crowd.Member member() {
    return member;
  }

  SocketChannel channel() {
    return channel;
  }

  int closeCode() {
    return closeCode;
  }

  void connected(SelectionKey key) throws IOException {
    channel.finishConnect();
    state = State.HANDSHAKE;
    key.interestOps(SelectionKey.OP_READ);
    write(
        ("GET /crossfade/ws HTTP/1.1\r\nHost: localhost:"
                + port
                + "\r\n"
                + "Upgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
  }

  void join() {
    try {
      text(
          "{\"type\":\"join_session\",\"after\":0,\"session_id\":%d}"
              .formatted(member.conversation()));
    } catch (IOException cut) {
      end();
    }
  }

  void read(Listener listener) throws IOException {
    if (channel.read(in) < 0) {
      end();
      return;
    }
    in.flip();
    if (state == State.HANDSHAKE) {
      head();
    }
    while (state == State.OPEN && frame(listener)) {
      // Each turn takes one frame.
    }
    in.compact();
  }

  void end() {
    state = state == State.HANDSHAKE ? State.REFUSED : State.ENDED;
    try {
      channel.close();
    } catch (IOException alreadyGone) {
      return;
    }
  }

  private void head() throws IOException {
    String head = new String(in.array(), 0, in.limit(), StandardCharsets.ISO_8859_1);
    int end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      return;
    }
    if (!head.startsWith("HTTP/1.1 101")) {
      end();
      return;
    }
    in.position(end + 4);
    state = State.OPEN;
    text("{\"type\":\"auth\",\"token\":\"" + member.token() + "\"}");
  }

  /** Takes one frame, or what is there of a long one's rest; whether there was one. */
  private boolean frame(Listener listener) throws IOException {
    int skip = (int) Math.min(toSkip, in.remaining());
    in.position(in.position() + skip);
    toSkip -= skip;
    int start = in.position();
    if (toSkip > 0 || in.remaining() < 2) {
      return false;
    }
    int opcode = in.get() & 0x0F;
    long length = in.get() & 0x7F;
    int more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (in.remaining() < more) {
      in.position(start);
      return false;
    }
    length = more == 2 ? in.getShort() & 0xFFFF : more == 8 ? in.getLong() : length;
    if (in.remaining() < length && length <= BUFFER - LONGEST_HEADER) {
      in.position(start);
      return false;
    }
    int here = (int) Math.min(length, in.remaining());
    taken(opcode, (int) length, listener);
    in.position(in.position() + here);
    toSkip = length - here;
    return true;
  }

  private void taken(int opcode, int length, Listener listener) throws IOException {
    if (opcode == TEXT) {
      int shown = Math.min(START, Math.min(length, in.remaining()));
      listener.frame(
          this, new String(in.array(), in.position(), shown, StandardCharsets.ISO_8859_1));
    } else if (opcode == PING) {
      byte[] payload = new byte[length];
      in.get(in.position(), payload);
      write(masked(PONG, payload));
    } else if (opcode == CLOSE) {
      closeCode = length < 2 ? 1005 : in.getShort(in.position()) & 0xFFFF;
      write(masked(CLOSE, new byte[0]));
    }
  }

  private void text(String text) throws IOException {
    write(masked(TEXT, text.getBytes(StandardCharsets.UTF_8)));
  }

  /** So little is written to a socket that it always has room. */
  private void write(byte[] bytes) throws IOException {
    if (channel.write(ByteBuffer.wrap(bytes)) < bytes.length) {
      throw new IOException("no room for " + bytes.length + " bytes");
    }
  }

  /** A frame with a mask of zeros, which changes nothing. */
  static byte[] masked(int opcode, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 8);
    frame.put((byte) (0x80 | opcode));
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    }
    frame.putInt(0).put(payload);
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    return bytes;
  }
}
