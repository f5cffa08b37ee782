package dev.crossfade.model;

import static dev.crossfade.model.Advice.COME_BACK;
import static dev.crossfade.model.Advice.NEW_TOKEN;
import static dev.crossfade.model.Advice.NOTHING;
import static dev.crossfade.model.Advice.POLL;
import static dev.crossfade.model.Advice.STOP;

/** The WebSocket close codes and how a client reacts to each. */
public enum CloseCode {
  GOING_AWAY(1001, "the server or the peer is going away", COME_BACK, true),
  NOT_TEXT(1003, "text frames only", STOP),
  BAD_TEXT(1007, "text that is not UTF-8", STOP),
  TOO_BIG(1009, "frame too large", STOP),
  FAILED(1011, "something went wrong on the server", COME_BACK),
  RESTART(1012, "restart", COME_BACK, true),
  OVERLOADED(1013, "try again later", COME_BACK, true),
  USE_POLLING(4000, "use polling", POLL),
  BAD_FRAMES(4400, "too many bad frames", STOP),
  NO_IDENTITY(4401, "no valid identity", NEW_TOKEN),
  NOT_ALLOWED(4403, "not allowed", STOP),
  NOT_FOUND(4404, "not found", STOP),
  TOO_SLOW(4408, "too slow to read", POLL),
  SIGNED_OUT(4409, "signed out", STOP),
  TAKEN_OVER(4410, "a newer connection took over", NOTHING),
  TOO_MANY(4429, "too many frames or connections", COME_BACK);

  /** Never sent: reported by the container when a connection ends without a close frame. */
  public static final int BROKEN_OFF = 1006;

  private final int number;
  private final String meaning;
  private final Advice advice;
  private final boolean herd;

  CloseCode(int number, String meaning, Advice advice) {
    this(number, meaning, advice, false);
  }

  CloseCode(int number, String meaning, Advice advice, boolean herd) {
    this.number = number;
    this.meaning = meaning;
    this.advice = advice;
    this.herd = herd;
  }

  public int number() {
    return number;
  }

  /** Default reason for the close frame; under 123 bytes. */
  public String meaning() {
    return meaning;
  }

  public Advice advice() {
    return advice;
  }

  /** Whether many sockets close at the same time, so that clients must spread their reconnects. */
  public boolean herd() {
    return herd;
  }
}
