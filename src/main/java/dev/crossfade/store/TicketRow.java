package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "ticket")
class TicketRow {

  @Id String id;
  String token;

  @Column(name = "expires_at")
  Instant expiresAt;
}
