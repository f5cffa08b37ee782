package dev.crossfade.model;

import java.util.Locale;

/** The two ways a message travels. */
public enum Transport {
  POLLING,
  WEBSOCKET;

  /** The name on the wire. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
