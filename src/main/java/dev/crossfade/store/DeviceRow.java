package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;

@Entity
@Table(name = "device")
@IdClass(DeviceRow.Key.class)
class DeviceRow {

  record Key(String shopId, String userId, String clientId) implements Serializable {}

  @Id
  @Column(name = "shop_id")
  String shopId;

  @Id
  @Column(name = "user_id")
  String userId;

  @Id
  @Column(name = "client_id")
  String clientId;

  String name;
  String type;
  String platform;

  @Column(name = "last_seen")
  Instant lastSeen;

  @Column(name = "token_id")
  String tokenId;
}
