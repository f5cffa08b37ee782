package dev.crossfade.model;

/**
 * Why a connection ends: the code and the words of the close frame. A carrier without close frames
 * answers with {@link #problem()}, or with nothing new where that is null.
 */
public enum CloseReason {
  GOING_AWAY(1001, "going away", null),
  SILENT(1001, "silent", null),
  WRITE_FAILED(1001, "write failed", null),
  NOT_TEXT(1003, "text frames only", null),
  TOO_BIG(1009, "frame too large", Problem.TOO_LARGE),
  RESTART(1012, "restart", null),
  USE_POLLING(4000, "use polling", null),
  BAD_FRAMES(4400, "too many bad frames", null),
  NO_IDENTITY(4401, "no valid identity", Problem.NOT_AUTHENTICATED),
  EXPIRED(4401, "identity expired", Problem.NOT_AUTHENTICATED),
  NOT_ALLOWED(4403, "another identity", Problem.FORBIDDEN),
  TOO_SLOW(4408, "too slow to read", null),
  SIGNED_OUT(4409, "signed out", Problem.NOT_AUTHENTICATED),
  TAKEN_OVER(4410, "a newer connection of this page took over", null),
  TOO_MANY(4429, "too many frames", Problem.RATE_LIMITED);

  private final int code;
  private final String text;
  private final Problem problem;

  CloseReason(int code, String text, Problem problem) {
    this.code = code;
    this.text = text;
    this.problem = problem;
  }

  public int code() {
    return code;
  }

  /** For the close frame; at most 123 bytes. */
  public String text() {
    return text;
  }

  /** How a held request is refused; null where it is answered with nothing new. */
  public Problem problem() {
    return problem;
  }
}
