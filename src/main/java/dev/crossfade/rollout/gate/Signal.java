package dev.crossfade.rollout.gate;

import java.util.Locale;

/**
 * The signals by which the gate judges WebSocket. The limits are recommendations for this product
 * (simulated in {@code GateTest} and {@code HealthyFleetTest}), not figures from production.
 */
public enum Signal {
  /** Client-windows in which WebSocket was tried and did not prove itself. */
  HANDSHAKE(Kind.SHARE, true, 0.01, 0.05),
  /** Client-windows with a socket that broke within 30 s without having been useful. */
  EARLY_DEATH(Kind.SHARE, true, 0.005, 0.02),
  /** Client-windows in which the proof took longer than 5 s. */
  SLOW_PROOF(Kind.SHARE, false, 0.02, 0.06),
  /** Client-windows in which a useful socket broke again; closed by either side does not count. */
  ABNORMAL_CLOSE(Kind.SHARE, true, 0.01, 0.05),
  /** Client-windows with more than {@link Observations#FLAPPING} new sockets. */
  FLAPPING(Kind.SHARE, true, 0.005, 0.02),
  /** Client-windows in which a client with a proven socket fell back to polling. */
  FALLBACK(Kind.SHARE, true, 0.02, 0.06),
  /** Client-windows with a late message, compared with polling clients. */
  LATE(Kind.RATIO, true, 1.0, 2.0),
  /** Clients that reported a gap in their messages that reading again did not fill. */
  GAP(Kind.EVENT, true, 0, 0);

  enum Kind {
    SHARE,
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

  /** Whether a bad finding takes the rollout back; otherwise it only waits. */
  public boolean hard() {
    return hard;
  }

  public double tolerated() {
    return tolerated;
  }

  public double intolerable() {
    return intolerable;
  }

  /** The name on the wire and in metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  Sprt test() {
    return hard ? Sprt.HARD : Sprt.SOFT;
  }
}
