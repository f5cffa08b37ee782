package dev.crossfade.rollout.gate;

/**
 * Wald's sequential probability ratio test (A. Wald, Sequential Tests of Statistical Hypotheses,
 * 1945): it may be looked at after every observation without raising its rates of error. Pure.
 *
 * @param alpha how often a signal that is as good as tolerated is called bad, at most
 * @param beta how often one that is as bad as intolerable is called good, at most
 */
public record Sprt(double alpha, double beta) {

  public static final Sprt HARD = new Sprt(0.001, 0.05);
  public static final Sprt SOFT = new Sprt(0.01, 0.05);

  /** What is known of a signal. */
  public enum Outcome {
    GOOD,
    BAD,
    UNDECIDED
  }

  /** {@code bad} of {@code n} with tolerated share {@code p0} and intolerable {@code p1}. */
  public static double share(double bad, double n, double p0, double p1) {
    return bad * Math.log(p1 / p0) + (n - bad) * Math.log((1 - p1) / (1 - p0));
  }

  /** {@code events} of a Poisson process in {@code hours}, with rates an hour. */
  public static double rate(double events, double hours, double r0, double r1) {
    return events * Math.log(r1 / r0) - (r1 - r0) * hours;
  }

  /**
   * Bad events in two arms of exposures {@code treated} and {@code control}, where the ratio of
   * their rates is tolerated up to {@code r0} and intolerable from {@code r1}: given a bad event,
   * it came from the treated arm with probability r·t/(r·t+c), so this is {@link #share} over the
   * events.
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

  /** From here on it is bad. */
  public double upper() {
    return Math.log((1 - beta) / alpha);
  }

  /** From here down it is good. */
  public double lower() {
    return Math.log(beta / (1 - alpha));
  }

  /**
   * The 95 % interval of a share for people to read (E. B. Wilson, 1927): lower and upper bound.
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
