package dev.crossfade.rollout.rule;

import java.util.Locale;

/**
 * The two groups that are compared, by assignment and not by the transport in use: a client that
 * fell back to polling would otherwise hide among those who always poll.
 */
public enum Arm {
  TREATED,
  CONTROL;

  private static final int HALF = Buckets.COUNT / 2;

  /**
   * Treated is [0, p), control [0.5, 0.5 + p), so that raising p up to a half reassigns nobody;
   * above a half, control is who is left. Null for whom a list or the cohort decides, and for those
   * in neither.
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

  /** The name on the wire and in figures. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
