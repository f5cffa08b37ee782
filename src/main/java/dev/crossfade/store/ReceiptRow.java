package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;

@Entity
@Table(name = "receipt")
@IdClass(ReceiptRow.Key.class)
class ReceiptRow {

  record Key(long conversationId, String userId, String clientId) implements Serializable {}

  @Id
  @Column(name = "conversation_id")
  long conversationId;

  @Id
  @Column(name = "user_id")
  String userId;

  @Id
  @Column(name = "client_id")
  String clientId;

  @Column(name = "delivered_seq")
  long deliveredSeq;

  @Column(name = "read_seq")
  long readSeq;

  @Column(name = "updated_at")
  Instant updatedAt;
}
