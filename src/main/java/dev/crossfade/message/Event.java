package dev.crossfade.message;

import dev.crossfade.model.Conversation;
import dev.crossfade.model.MessageStatus;
import java.time.Instant;

/** What happens in a conversation besides messages. Told at most once, to who listens right now. */
public sealed interface Event {

  /** A member got as far as {@code seq}; {@code messageId} is the id of that message. */
  record Marked(
      long conversation, long messageId, long seq, String userId, MessageStatus status, Instant at)
      implements Event {}

  record Typing(long conversation, String userId, boolean active) implements Event {}

  record Updated(Conversation conversation) implements Event {}
}
