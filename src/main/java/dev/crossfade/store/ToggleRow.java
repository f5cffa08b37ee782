package dev.crossfade.store;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

@Entity
@Table(name = "toggle")
class ToggleRow {

  @Id String feature;
  boolean enabled;
  String strategy;

  /** A JSON object of strings. */
  String parameters;

  long revision;
}
