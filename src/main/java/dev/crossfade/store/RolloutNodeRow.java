package dev.crossfade.store;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "rollout_node")
class RolloutNodeRow {

  @Id String node;
  Instant at;

  /** JSON. */
  String report;
}
