package dev.crossfade.model;

import java.util.Locale;

/** What a caller is in its shop. An admin may do what an agent may. */
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

  /** Reads {@link #text()}; throws IllegalArgumentException for anything else, upper case too. */
  public static Role of(String text) {
    for (Role role : values()) {
      if (role.text().equals(text)) {
        return role;
      }
    }
    throw new IllegalArgumentException("no such role");
  }
}
