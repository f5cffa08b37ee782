package dev.crossfade.rollout.gate;

/**
 * Wald's sequential probability ratio test (A. Wald, Sequential Tests of Statistical Hypotheses,
 * 1945): it may be evaluated after every observation without increasing its error rates. Pure.
 *
 * @param alpha maximum rate at which a signal at the tolerated level is judged bad
 * @param beta maximum rate at which a signal at the intolerable level is judged good
 */
public record Sprt(double alpha, double beta) {

  public static final Sprt HARD = new Sprt(0.001, 0.05);
  public static final Sprt SOFT = new Sprt(0.01, 0.05);

  /** What the test says about a signal. */
  public enum Outcome {
    GOOD,
    BAD,
    UNDECIDED
  }

  /**
   * {@code bad} out of {@code n}, with tolerated share {@code p0} and intolerable share {@code p1}.
   */
  public static double share(double bad, double n, double p0, double p1) {
    return bad * Math.log(p1 / p0) + (n - bad) * Math.log((1 - p1) / (1 - p0));
  }

  /**
   * Bad events in two arms with exposures {@code treated} and {@code control}; the ratio of their
   * rates is tolerated up to {@code r0} and intolerable from {@code r1}. A bad event came from the
   * treated arm with probability r·t/(r·t+c), so this is {@link #share} over the events.
   */
  public static double ratio(
      double badTreated, double badControl, double treated, double control, double r0, double r1) {
    if (treated <= 0 || control <= 0) {
      return 0;
    }
    double q0 = r0 * treated / (r0 * treated + control);
    double q1 = r1 * treated / (r1 * treated + control);
    return share(badTreated, badTreated + badControl, q0, q1);
  }

  public Outcome outcome(double llr) {
    if (llr >= upper()) {
      return Outcome.BAD;
    }
    return llr <= lower() ? Outcome.GOOD : Outcome.UNDECIDED;
  }

  /** At or above this, the signal is bad. */
  public double upper() {
    return Math.log((1 - beta) / alpha);
  }

  /** At or below this, the signal is good. */
  public double lower() {
    return Math.log(beta / (1 - alpha));
  }

  /**
   * The lower and upper bound of the 95 % interval of a share (E. B. Wilson, 1927), for people to
   * read.
   */
  public static double[] wilson(double bad, double n) {
    if (n <= 0) {
      return new double[] {0, 1};
    }
    double z = 1.959964;
    double share = bad / n;
    double middle = (share + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return new double[] {Math.max(0, middle - half), Math.min(1, middle + half)};
  }
}
