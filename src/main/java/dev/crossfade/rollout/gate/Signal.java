package dev.crossfade.rollout.gate;

import java.util.Locale;

/**
 * What tells whether WebSocket does a client good. The limits are recommendations made for this
 * product (simulated in {@code GateTest}), not figures of somebody's production.
 */
public enum Signal {
  /** Client-windows in which WebSocket was tried and did not prove itself. */
  HANDSHAKE(Kind.SHARE, true, 0.01, 0.05),
  /** Client-windows with a socket that died within 30 s before it was of any use. */
  EARLY_DEATH(Kind.SHARE, true, 0.005, 0.02),
  /** Client-windows in which the proof took longer than 5 s. */
  SLOW_PROOF(Kind.SHARE, false, 0.02, 0.06),
  /** Sockets that broke off, per hour of connection; not those that somebody closed. */
  ABNORMAL_CLOSE(Kind.RATE, true, 0.2, 1.0),
  /** Client-windows with more than {@link Observations#FLAPPING} new sockets. */
  FLAPPING(Kind.SHARE, true, 0.005, 0.02),
  /** Client-windows in which a client whose socket had proven itself went back to polling. */
  FALLBACK(Kind.SHARE, true, 0.02, 0.06),
  /** Client-windows with a message handed over late, beside those who poll. */
  LATE(Kind.RATIO, true, 1.0, 2.0),
  /** Clients that reported a gap in their sequence that reading again did not fill. */
  GAP(Kind.EVENT, true, 0, 0);

  enum Kind {
    SHARE,
    RATE,
    RATIO,
    EVENT
  }

  final Kind kind;
  final boolean hard;
  final double tolerated;
  final double intolerable;

  Signal(Kind kind, boolean hard, double tolerated, double intolerable) {
    this.kind = kind;
    this.hard = hard;
    this.tolerated = tolerated;
    this.intolerable = intolerable;
  }

  /** Whether the machine goes back for it; otherwise it only waits. */
  public boolean hard() {
    return hard;
  }

  public double tolerated() {
    return tolerated;
  }

  public double intolerable() {
    return intolerable;
  }

  /** The name on the wire and in figures. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  Sprt test() {
    return hard ? Sprt.HARD : Sprt.SOFT;
  }
}
