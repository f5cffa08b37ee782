package dev.crossfade.model;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A message as its sender wrote it, checked. Immutable.
 *
 * @param clientMsgId may be null: then a repeat cannot be told from a second message
 * @param replyTo may be null
 */
public record Draft(
    long conversation, String content, String clientMsgId, String messageType, Long replyTo) {

  private static final Pattern TYPE = Pattern.compile("[a-z0-9_-]{1,32}");

  /** Throws the ChatException that says what is wrong. {@code messageType} null means text. */
  public Draft {
    Text.content(content);
    Text.clientMsgId(clientMsgId);
    messageType = messageType == null ? "text" : messageType;
    if (!TYPE.matcher(messageType).matches()) {
      throw ChatException.badParameter("message_type");
    }
  }

  /** Whether a stored message is this one, sent before. */
  public boolean sameAs(Message message) {
    return content.equals(message.content())
        && messageType.equals(message.messageType())
        && Objects.equals(replyTo, message.replyTo());
  }
}
