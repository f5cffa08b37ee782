package dev.crossfade.rollout.rule;

import java.util.Locale;

/**
 * The two groups that are compared. Clients belong to them by assignment, not by the transport in
 * use; otherwise a client that fell back would be counted among those that always poll.
 */
public enum Arm {
  TREATED,
  CONTROL;

  private static final int HALF = Buckets.COUNT / 2;

  /**
   * The arm of a client. Treated is [0, p), control [0.5, 0.5 + p), so that raising p up to a half
   * reassigns nobody; above a half, control is the rest. Null if a list or the cohort decides, or
   * for a client in neither arm.
   */
  public static Arm of(Rule rule, Client client) {
    return switch (TransportChooser.choose(rule, client, false).reason()) {
      case IN_PERCENT -> TREATED;
      case OUT_OF_PERCENT -> {
        int bucket = TransportChooser.bucket(rule, client);
        boolean equalSized = bucket >= HALF && bucket < HALF + rule.basisPoints();
        yield rule.basisPoints() > HALF || equalSized ? CONTROL : null;
      }
      default -> null;
    };
  }

  /** The name on the wire and in metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
