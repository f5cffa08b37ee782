package dev.crossfade.store;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Role;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** A message as it is read; {@link AppendStatements} writes them. */
@Entity
@Table(name = "message")
class MessageRow {

  @Id Long id;

  @Column(name = "conversation_id")
  long conversationId;

  long seq;

  @Column(name = "sender_id")
  String senderId;

  @Column(name = "sender_role")
  String senderRole;

  @Column(name = "sender_name")
  String senderName;

  String content;

  @Column(name = "message_type")
  String messageType;

  @Column(name = "reply_to")
  Long replyTo;

  @Column(name = "client_msg_id")
  String clientMsgId;

  @Column(name = "created_at")
  Instant createdAt;

  Message message(MessageStatus status) {
    return new Message(
        id,
        conversationId,
        seq,
        senderId,
        Role.of(senderRole),
        senderName,
        content,
        messageType,
        replyTo,
        clientMsgId,
        createdAt,
        status);
  }
}
