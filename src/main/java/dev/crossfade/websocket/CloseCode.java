package dev.crossfade.websocket;

/** The close codes of protocol section 3 that no refusal carries. */
final class CloseCode {

  static final int GOING_AWAY = 1001;

  /** Never on the wire: the connection ended without a close frame. */
  static final int BROKEN_OFF = 1006;

  static final int NOT_TEXT = 1003;
  static final int TOO_BIG = 1009;
  static final int RESTART = 1012;
  static final int USE_POLLING = 4000;
  static final int BAD_FRAMES = 4400;
  static final int NO_IDENTITY = 4401;
  static final int NOT_ALLOWED = 4403;
  static final int TOO_SLOW = 4408;
  static final int SIGNED_OUT = 4409;
  static final int TAKEN_OVER = 4410;
  static final int TOO_MANY = 4429;

  private CloseCode() {}
}
