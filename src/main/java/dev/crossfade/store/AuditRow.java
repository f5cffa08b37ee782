package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "audit")
class AuditRow {

  @Id long seq;
  Instant at;
  String actor;
  String action;

  @Column(name = "from_state")
  String fromState;

  @Column(name = "to_state")
  String toState;

  String reason;
  String refused;
  String evidence;

  @Column(name = "prev_hash")
  String prevHash;

  String hash;
}
