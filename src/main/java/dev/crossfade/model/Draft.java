package dev.crossfade.model;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A validated message as its sender wrote it. Immutable.
 *
 * @param clientMsgId may be null; then a repeat is stored as a second message
 * @param replyTo may be null
 */
public record Draft(
    long conversation, String content, String clientMsgId, String messageType, Long replyTo) {

  private static final Pattern TYPE = Pattern.compile("[a-z0-9_-]{1,32}");

  /** Throws a ChatException that says what is wrong. A null {@code messageType} means text. */
  public Draft {
    Text.content(content);
    Text.clientMsgId(clientMsgId);
    messageType = messageType == null ? "text" : messageType;
    if (!TYPE.matcher(messageType).matches()) {
      throw ChatException.badParameter("message_type");
    }
  }

  /** Whether a stored message is an earlier send of this draft. */
  public boolean sameAs(Message message) {
    return content.equals(message.content())
        && messageType.equals(message.messageType())
        && Objects.equals(replyTo, message.replyTo());
  }
}
