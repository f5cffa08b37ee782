package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;

@Entity
@Table(name = "revocation")
@IdClass(RevocationRow.Key.class)
class RevocationRow {

  record Key(String shopId, String userId, String tokenId) implements Serializable {}

  @Id
  @Column(name = "shop_id")
  String shopId;

  @Id
  @Column(name = "user_id")
  String userId;

  @Id
  @Column(name = "token_id")
  String tokenId;

  @Column(name = "issued_up_to")
  Instant issuedUpTo;

  String reason;

  @Column(name = "revoked_by")
  String revokedBy;

  @Column(name = "revoked_at")
  Instant revokedAt;

  long revision;
}
