package dev.crossfade.store;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

@Entity
@Table(name = "chat_log")
class ChatLogRow {

  static final int ONLY = 1;

  @Id int id;
  String epoch;
}
