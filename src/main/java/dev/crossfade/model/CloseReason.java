package dev.crossfade.model;

/**
 * Why the server ends a connection: the close code, the reason in the close frame, and the reply on
 * a transport without close frames.
 */
public enum CloseReason {
  GOING_AWAY(CloseCode.GOING_AWAY, "going away", null),
  SILENT(CloseCode.GOING_AWAY, "silent", null),
  WRITE_FAILED(CloseCode.GOING_AWAY, "write failed", null),
  NOT_TEXT(CloseCode.NOT_TEXT, "text frames only", null),
  TOO_BIG(CloseCode.TOO_BIG, "frame too large", Problem.TOO_LARGE),
  RESTART(CloseCode.RESTART, "restart", null),
  USE_POLLING(CloseCode.USE_POLLING, "use polling", null),
  BAD_FRAMES(CloseCode.BAD_FRAMES, "too many bad frames", null),
  NO_IDENTITY(CloseCode.NO_IDENTITY, "no valid identity", Problem.NOT_AUTHENTICATED),
  EXPIRED(CloseCode.NO_IDENTITY, "identity expired", Problem.NOT_AUTHENTICATED),
  NOT_ALLOWED(CloseCode.NOT_ALLOWED, "another identity", Problem.FORBIDDEN),
  TOO_SLOW(CloseCode.TOO_SLOW, "too slow to read", null),
  SIGNED_OUT(CloseCode.SIGNED_OUT, "signed out", Problem.NOT_AUTHENTICATED),
  TAKEN_OVER(CloseCode.TAKEN_OVER, "a newer connection of this page took over", null),
  TOO_MANY(CloseCode.TOO_MANY, "too many frames", Problem.RATE_LIMITED);

  private final CloseCode code;
  private final String text;
  private final Problem problem;

  CloseReason(CloseCode code, String text, Problem problem) {
    this.code = code;
    this.text = text;
    this.problem = problem;
  }

  /** Whether nothing more may be sent, not even what is already waiting. */
  public boolean atOnce() {
    return this == EXPIRED || this == SIGNED_OUT;
  }

  /** The status code of the close frame. */
  public int code() {
    return code.number();
  }

  /** The reason of the close frame; at most 123 bytes. */
  public String text() {
    return text;
  }

  /** How a held request is refused; null if it gets an empty reply. */
  public Problem problem() {
    return problem;
  }
}
