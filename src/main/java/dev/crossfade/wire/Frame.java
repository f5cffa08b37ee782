package dev.crossfade.wire;

import dev.crossfade.model.Draft;

/** A syntactically valid frame from a client. Optional fields may be null. */
public sealed interface Frame {

  record Auth(
      String token, String userId, String clientId, String instance, Batch batch, Device device)
      implements Frame {}

  /** Whether one frame may carry several messages, and the kind of that frame. */
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
