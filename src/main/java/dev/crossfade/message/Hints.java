package dev.crossfade.message;

import dev.crossfade.model.Caller;

/**
 * What other nodes want to hear of. Hints only: each may be lost, doubled or late, and only time is
 * lost by that. The methods are called after the fact, on the thread that did it, and must not
 * block.
 */
public interface Hints {

  /** For a node that is alone. */
  Hints NONE = new Hints() {};

  /** The conversation reaches up to {@code head}. */
  default void appended(long conversation, long head) {}

  /** Something that is told at most once; {@code exceptUser} may be null. */
  default void happened(long conversation, Event event, String exceptUser) {}

  /**
   * What the lists of the shop's staff say may have changed, and those of this visitor; null for
   * none.
   */
  default void listChanged(String shopId, String visitorId) {}

  /** A device of this caller was signed out. */
  default void signedOut(Caller caller, String clientId) {}
}
