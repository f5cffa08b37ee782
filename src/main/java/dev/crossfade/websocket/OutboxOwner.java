package dev.crossfade.websocket;

import dev.crossfade.model.CloseReason;

/** What the owner of the socket hears; called on whichever thread wrote last. */
interface OutboxOwner {
  /** There is room for a batch, and a batch was turned away meanwhile. */
  void roomAgain();

  /** A ping was written; on the thread that {@link #apart} gave. */
  void pinged();

  /** Runs work that may block for half a second. */
  void apart(Runnable work);

  /** A write failed. */
  void broken();

  /** Everything offered before the close has been written. */
  void closeNow(CloseReason why);
}
