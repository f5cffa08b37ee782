package dev.crossfade.peer;

/** Where a peer stands, and where it may go from there. */
enum PeerState {
  /** Has yet to say who it is. */
  UNKNOWN,
  ACTIVE,
  /** Is to go by a certain time. */
  LEAVING,
  /** Is being closed: what it still says is not heard. */
  CLOSING,
  GONE;

  boolean mayBecome(PeerState next) {
    return switch (this) {
      case UNKNOWN, ACTIVE -> next != UNKNOWN && next != this;
      case LEAVING -> next != this;
      case CLOSING -> next == GONE;
      case GONE -> false;
    };
  }

  boolean open() {
    return this != CLOSING && this != GONE;
  }
}
