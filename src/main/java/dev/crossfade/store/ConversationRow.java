package dev.crossfade.store;

import dev.crossfade.model.Conversation;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "conversation")
class ConversationRow {

  static final String OPEN = "open";
  static final String CLOSED = "closed";

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "conversation_ids")
  @SequenceGenerator(
      name = "conversation_ids",
      sequenceName = "conversation_ids",
      allocationSize = 1)
  Long id;

  @Column(name = "shop_id")
  String shopId;

  @Column(name = "visitor_id")
  String visitorId;

  @Column(name = "visitor_name")
  String visitorName;

  @Column(name = "agent_id")
  String agentId;

  String subject;
  String page;
  String status;

  @Column(name = "open_key")
  String openKey;

  long head;

  @Column(name = "created_at")
  Instant createdAt;

  @Column(name = "updated_at")
  Instant updatedAt;

  static String openKey(String shopId, String visitorId) {
    return shopId + "/" + visitorId;
  }

  boolean open() {
    return OPEN.equals(status);
  }

  Conversation conversation() {
    return new Conversation(
        id,
        shopId,
        visitorId,
        visitorName,
        agentId,
        subject,
        page,
        open(),
        head,
        createdAt,
        updatedAt);
  }
}
