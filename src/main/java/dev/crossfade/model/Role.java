package dev.crossfade.model;

import java.util.Locale;

/** The role of a caller in its shop. An admin has all rights of an agent. */
public enum Role {
  VISITOR,
  AGENT,
  ADMIN;

  public boolean staff() {
    return this != VISITOR;
  }

  /** The name on the wire. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Parses {@link #text()}, case-sensitively; throws IllegalArgumentException for anything else.
   */
  public static Role of(String text) {
    for (Role role : values()) {
      if (role.text().equals(text)) {
        return role;
      }
    }
    throw new IllegalArgumentException("no such role");
  }
}
