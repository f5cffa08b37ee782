package dev.crossfade.wire;

import dev.crossfade.model.Draft;

/**
 * What a client says on a WebSocket, checked for its form. Fields that may be absent may be null.
 */
public sealed interface Frame {

  record Auth(
      String token, String userId, String clientId, String instance, Batch batch, Device device)
      implements Frame {}

  /** Whether several messages may travel as one frame, and as which kind. */
  enum Batch {
    NONE,
    TEXT,
    BINARY
  }

  record Device(String name, String type, String platform) {}

  record Join(long conversation, Long after, String epoch) implements Frame {}

  record Leave(Long conversation) implements Frame {}

  record Send(Draft draft) implements Frame {}

  /** Exactly one of {@code seq} and {@code messageId} is null. */
  record Mark(long conversation, Long seq, Long messageId, boolean read) implements Frame {}

  record Typing(long conversation, boolean active) implements Frame {}

  record Ping() implements Frame {}
}
