package dev.crossfade.rollout.gate;

import dev.crossfade.model.Sentence;
import java.util.List;
import java.util.Set;

/**
 * What the gate says of a stage, and why.
 *
 * @param shops to be excluded; empty for all but {@link Kind#EXCLUDE_SHOP}
 */
public record Verdict(Kind kind, Sentence why, Set<String> shops, List<Finding> findings) {

  /** From best to worst; {@link #NONE} where there is nothing to judge. */
  public enum Kind {
    NONE,
    PROMOTE,
    ASK,
    HOLD,
    EXCLUDE_SHOP,
    STEP_BACK,
    TO_ZERO
  }

  /**
   * One signal.
   *
   * @param n observations in the treated arm; of a rate, hours
   * @param controlBad beside it, where the two arms are compared; else 0
   * @param llr where the test stands between {@code lower} (good) and {@code upper} (bad)
   * @param low lower bound of the 95 % interval (Wilson) of the treated arm's share; 0 for a rate
   * @param missing observations without a bad one that it lacks to be good; 0 where it is decided
   */
  public record Finding(
      Signal signal,
      Sprt.Outcome outcome,
      double bad,
      double n,
      double controlBad,
      double controlN,
      double llr,
      double lower,
      double upper,
      double low,
      double high,
      long missing) {}

  static Verdict of(Kind kind, Sentence why, List<Finding> findings) {
    return new Verdict(kind, why, Set.of(), findings);
  }
}
