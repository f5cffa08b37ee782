package dev.crossfade.rollout.gate;

import dev.crossfade.model.Sentence;
import java.util.List;
import java.util.Set;

/**
 * The gate's verdict on a stage, and its reason.
 *
 * @param shops the shops to exclude; empty except for {@link Kind#EXCLUDE_SHOP}
 */
public record Verdict(Kind kind, Sentence why, Set<String> shops, List<Finding> findings) {

  /** From best to worst; {@link #NONE} if there is nothing to judge. */
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
   * The finding on one signal.
   *
   * @param bad bad observations in the treated arm: of the latest if they are what is judged bad,
   *     otherwise since clients were last assigned
   * @param n observations in the treated arm, of the same time
   * @param controlBad bad observations in the control arm if the arms are compared; otherwise 0
   * @param llr the log-likelihood ratio since clients were last assigned; at {@code lower} it is
   *     good
   * @param upper at this the ratio of the latest observations is bad
   * @param low lower bound of the 95 % interval (Wilson) of the treated arm's share
   * @param missing good observations still needed to be judged good; 0 if decided
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
