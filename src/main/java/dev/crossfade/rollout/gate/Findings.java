package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.gate.Evidence.Sum;
import dev.crossfade.rollout.gate.Recent.Window;
import dev.crossfade.rollout.gate.Sprt.Outcome;
import dev.crossfade.rollout.gate.Verdict.Finding;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Evaluates the evidence for each signal. Good is judged by all observations since clients were
 * last assigned; bad by the latest alone, so that a long healthy time does not hide a failure.
 * Pure.
 */
final class Findings {

  /**
   * Where the log-likelihood ratio of the latest observations reaches this, a signal is bad. Above
   * the limit of one test ({@link Sprt#HARD}: 6.9), because it is asked every few seconds for
   * months: with observations half as bad as tolerated, once in some exp(1.6 × 14) = 5 billion (the
   * root of Wald's identity for the signals' shares is 1.6 to 2). At 20 % failures it takes some 10
   * failing clients instead of 5.
   */
  static final double CHANGED = 14;

  /** Fewer clients are people with a bad day, not a transport that fails. */
  static final int CLIENTS_AT_LEAST = 3;

  /** What fewer clients than that can say at most. */
  private static final double LITTLE = CHANGED - 1;

  /** What the latest observations say, by the window that says the worst. */
  record Change(double llr, long failures, long n, long controlFailures, long controlN) {
    boolean bad() {
      return llr >= CHANGED;
    }

    private Change atMost(double most) {
      return new Change(Math.min(llr, most), failures, n, controlFailures, controlN);
    }
  }

  private Findings() {}

  /** One finding per signal, over all shops except denied ones. */
  static List<Finding> of(Rule rule, Evidence evidence) {
    Set<String> left = rule.denyShops();
    List<Finding> findings = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      Sum treated = evidence.sum(signal.text(), Arm.TREATED, left);
      Sum control = evidence.sum(signal.text(), Arm.CONTROL, left);
      findings.add(finding(signal, treated, control));
    }
    return findings;
  }

  /**
   * The latest observations of a signal, and all of them with each failing client once: where few
   * are treated, the windows are too short.
   */
  static Change change(Signal signal, Sum treated, Sum control) {
    long failed = Math.min(treated.bad(), treated.clients());
    long n = failed + treated.good();
    long controlFailed = Math.min(control.bad(), control.clients());
    long controlN = controlFailed + control.good();
    double all = llr(signal, failed, n, controlFailed, controlN);
    // A gap of last week is no reason to go back now.
    boolean event = signal.kind == Signal.Kind.EVENT;
    Change worst =
        event ? new Change(0, 0, 0, 0, 0) : new Change(all, failed, n, controlFailed, controlN);
    boolean enough = Math.max(failed, treated.recent().clients()) >= CLIENTS_AT_LEAST;
    for (int i = 0; i < Recent.MINUTES.size(); i++) {
      Window window = treated.recent().windows().get(i);
      Window beside = control.recent().windows().get(i);
      double llr = llr(signal, window.bad(), window.n(), beside.bad(), beside.n());
      if (llr > worst.llr) {
        worst = new Change(llr, window.bad(), window.n(), beside.bad(), beside.n());
      }
    }
    return enough ? worst : worst.atMost(LITTLE);
  }

  private static Finding finding(Signal signal, Sum treated, Sum control) {
    Change change = change(signal, treated, control);
    double llr = llr(signal, treated.bad(), treated.n(), control.bad(), control.n());
    Sprt test = signal.test();
    Outcome outcome = change.bad() ? Outcome.BAD : Outcome.UNDECIDED;
    if (!change.bad() && llr <= test.lower()) {
      outcome = Outcome.GOOD;
    }
    double perGood =
        signal.kind == Signal.Kind.SHARE
            ? Math.log((1 - signal.tolerated) / (1 - signal.intolerable))
            : Double.POSITIVE_INFINITY;
    long bad = change.bad() ? change.failures() : treated.bad();
    long n = change.bad() ? change.n() : treated.n();
    double[] interval = Sprt.wilson(bad, n);
    return new Finding(
        signal,
        outcome,
        bad,
        n,
        change.bad() ? change.controlFailures() : control.bad(),
        change.bad() ? change.controlN() : control.n(),
        llr,
        test.lower(),
        CHANGED,
        interval[0],
        interval[1],
        (long) Math.ceil(Math.max(0, llr - test.lower()) / perGood));
  }

  private static double llr(
      Signal signal, double bad, double n, double controlBad, double controlN) {
    double p0 = signal.tolerated;
    double p1 = signal.intolerable;
    return switch (signal.kind) {
      case SHARE -> Sprt.share(bad, n, p0, p1);
      case RATIO -> Sprt.ratio(bad, controlBad, n, controlN, p0, p1);
      // There is no good one, and none is tolerated.
      case EVENT -> bad == 0 ? 0 : CHANGED;
    };
  }
}
