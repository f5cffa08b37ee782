package dev.crossfade.model;

import java.util.Locale;

/** How far a message has got with any other member; only ever rises. */
public enum MessageStatus {
  SENT,
  DELIVERED,
  READ;

  /** The name on the wire. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
