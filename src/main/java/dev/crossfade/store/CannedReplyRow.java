package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;

@Entity
@Table(name = "canned_reply")
@IdClass(CannedReplyRow.Key.class)
class CannedReplyRow {

  record Key(String shopId, String shortcut) implements Serializable {}

  @Id
  @Column(name = "shop_id")
  String shopId;

  @Id String shortcut;

  String text;
}
