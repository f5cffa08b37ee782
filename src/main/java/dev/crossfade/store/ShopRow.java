package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "shop")
class ShopRow {

  @Id String id;
  String name;

  /** Separated by one space. */
  String origins;

  @Column(name = "created_at")
  Instant createdAt;
}
