package dev.crossfade.websocket;

import dev.crossfade.model.CloseReason;

/** What goes out over one socket, in its turn. */
sealed interface Outgoing {

  record Text(String text) implements Outgoing {
    @Override
    public int chars() {
      return text.length();
    }
  }

  record Binary(byte[] bytes) implements Outgoing {
    @Override
    public int chars() {
      return bytes.length;
    }
  }

  /** The answer to the client's {@code ping} frame. */
  record Pong(String text) implements Outgoing {}

  /** A ping of the WebSocket protocol. */
  record Ping() implements Outgoing {}

  record Close(CloseReason why) implements Outgoing {}

  /** What it counts in the bounds; what is small and bounded otherwise counts nothing. */
  default int chars() {
    return 0;
  }
}
