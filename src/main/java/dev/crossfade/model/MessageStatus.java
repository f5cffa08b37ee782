package dev.crossfade.model;

import java.util.Locale;

/** Delivery status of a message with respect to any other member; it only ever rises. */
public enum MessageStatus {
  SENT,
  DELIVERED,
  READ;

  /** The name on the wire. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
