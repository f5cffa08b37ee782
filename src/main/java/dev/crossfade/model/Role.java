package dev.crossfade.model;

import java.util.Locale;

/**
 * The role of a caller. A manager is an agent who also administers the shop; an admin operates the
 * installation, and is both as well.
 */
public enum Role {
  VISITOR,
  AGENT,
  MANAGER,
  ADMIN;

  public boolean staff() {
    return this != VISITOR;
  }

  /** The role of a sender as readers of a conversation are told it. */
  public Role inMessages() {
    return this == MANAGER ? AGENT : this;
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
