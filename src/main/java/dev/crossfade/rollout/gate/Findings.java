package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.gate.Evidence.Sum;
import dev.crossfade.rollout.gate.Verdict.Finding;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Evaluates the evidence for each signal. Pure. */
final class Findings {

  private static final double SECONDS_PER_HOUR = 3_600;

  private Findings() {}

  /** One finding per signal, over all shops except denied ones and {@code without}. */
  static List<Finding> of(Rule rule, Evidence evidence, Set<String> without) {
    Set<String> left = new TreeSet<>(rule.denyShops());
    left.addAll(without);
    List<Finding> findings = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      Sum treated = evidence.sum(signal.text(), Arm.TREATED, left);
      Sum control = evidence.sum(signal.text(), Arm.CONTROL, left);
      findings.add(finding(signal, treated, control));
    }
    return findings;
  }

  private static Finding finding(Signal signal, Sum treated, Sum control) {
    double p0 = signal.tolerated;
    double p1 = signal.intolerable;
    double n = treated.n();
    double llr =
        switch (signal.kind) {
          case SHARE -> Sprt.share(treated.bad(), n, p0, p1);
          case RATE -> Sprt.rate(treated.bad(), treated.good() / SECONDS_PER_HOUR, p0, p1);
          case RATIO -> Sprt.ratio(treated.bad(), control.bad(), n, control.n(), p0, p1);
          case EVENT -> 0;
        };
    Sprt test = signal.test();
    double perGood =
        switch (signal.kind) {
          case SHARE -> Math.log((1 - p0) / (1 - p1));
          case RATE -> p1 - p0;
          default -> Double.POSITIVE_INFINITY;
        };
    boolean rate = signal.kind == Signal.Kind.RATE;
    double[] interval = rate ? new double[] {0, 0} : Sprt.wilson(treated.bad(), n);
    return new Finding(
        signal,
        test.outcome(llr),
        treated.bad(),
        rate ? treated.good() / SECONDS_PER_HOUR : n,
        control.bad(),
        rate ? control.good() / SECONDS_PER_HOUR : control.n(),
        llr,
        test.lower(),
        test.upper(),
        interval[0],
        interval[1],
        (long) Math.ceil(Math.max(0, llr - test.lower()) / perGood));
  }
}
