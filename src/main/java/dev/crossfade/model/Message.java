package dev.crossfade.model;

import java.time.Instant;

/**
 * A stored message. Immutable.
 *
 * @param seq dense number within its conversation, from 1
 * @param senderName may be null
 * @param replyTo id of another message of the conversation, or null
 * @param clientMsgId the sender's own id for it, or null
 * @param createdAt to the millisecond
 */
public record Message(
    long id,
    long conversation,
    long seq,
    String senderId,
    Role senderRole,
    String senderName,
    String content,
    String messageType,
    Long replyTo,
    String clientMsgId,
    Instant createdAt,
    MessageStatus status) {

  public Message withStatus(MessageStatus newStatus) {
    return new Message(
        id,
        conversation,
        seq,
        senderId,
        senderRole,
        senderName,
        content,
        messageType,
        replyTo,
        clientMsgId,
        createdAt,
        newStatus);
  }
}
