package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Role;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "message")
class MessageRow {

  /** The increment of the sequence: one round trip to it serves so many messages. */
  static final int IDS_AT_ONCE = 100;

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "message_ids")
  @SequenceGenerator(
      name = "message_ids",
      sequenceName = "message_ids",
      allocationSize = IDS_AT_ONCE)
  Long id;

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

  static MessageRow of(Caller sender, Draft draft, long seq, Instant createdAt) {
    MessageRow row = new MessageRow();
    row.conversationId = draft.conversation();
    row.seq = seq;
    row.senderId = sender.userId();
    row.senderRole = sender.role().text();
    row.senderName = sender.name();
    row.content = draft.content();
    row.messageType = draft.messageType();
    row.replyTo = draft.replyTo();
    row.clientMsgId = draft.clientMsgId();
    row.createdAt = createdAt;
    return row;
  }

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
