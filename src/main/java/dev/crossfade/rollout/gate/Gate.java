package dev.crossfade.rollout.gate;

import dev.crossfade.model.Sentence;
import dev.crossfade.rollout.gate.Evidence.Sum;
import dev.crossfade.rollout.gate.Sprt.Outcome;
import dev.crossfade.rollout.gate.Verdict.Finding;
import dev.crossfade.rollout.gate.Verdict.Kind;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Buckets;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Progress.State;
import dev.crossfade.rollout.rule.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Judges whether the current stage is good enough for the next. Bad findings come first, then
 * missing data, then the clock: a rollout may go back at any time, but forward only when everything
 * agrees. Too little data means hold, neither pass nor fail. Pure.
 */
public final class Gate {

  /** After a step back, the plan cannot advance for this long. */
  static final Duration COOLDOWN = Duration.ofMinutes(60);

  /** Chi-squared with one degree of freedom at p = 0.001. */
  private static final double UNEVEN = 10.83;

  private static final int UNEVEN_AT_LEAST = 8;

  /**
   * A failing shop is excluded only if at least this many observations elsewhere show that the
   * fault is the shop's.
   */
  private static final int OTHERS_AT_LEAST = 20;

  private static final int FAILING_CLIENTS_OF_A_SHOP = 2;
  private static final double FAILING_SHARE_OF_A_SHOP = 0.5;

  private static final int GAPS = 3;
  private static final int CLIENTS_WITH_GAPS = 2;

  private Gate() {}

  /** Decides what to do now with the plan in {@code rule}. */
  public static Verdict judge(Rule rule, Evidence evidence, Instant now) {
    List<Finding> findings = Findings.of(rule, evidence, Set.of());
    Progress progress = rule.progress();
    if (progress == null || progress.state() == State.READY) {
      return Verdict.of(Kind.NONE, GateSentences.NO_PLAN, findings);
    }
    if (rule.killed() || !rule.enabled()) {
      return hold(GateSentences.SWITCHED_OFF, findings);
    }
    if (progress.state() == State.PAUSED) {
      return hold(GateSentences.PAUSED, findings);
    }
    // Bad findings count even if a node is missing: it may have failed for the same reason.
    Verdict worse = bad(rule, evidence, findings);
    if (worse != null) {
      return worse;
    }
    if (!evidence.missing().isEmpty()) {
      return hold(GateSentences.noReport(evidence.missing()), findings);
    }
    if (evidence.nodes().isEmpty()) {
      return hold(GateSentences.NO_NODE, findings);
    }
    if (progress.state() == State.COMPLETED) {
      return Verdict.of(Kind.NONE, GateSentences.COMPLETED, findings);
    }
    return forward(rule, evidence, findings, now);
  }

  // ---- backward

  /** The verdict on bad findings; null if there are none. */
  private static Verdict bad(Rule rule, Evidence evidence, List<Finding> findings) {
    for (NodeReport node : evidence.nodes()) {
      if (node.figures().critical()) {
        return Verdict.of(Kind.TO_ZERO, GateSentences.runningOut(node.node()), findings);
      }
    }
    Sum gaps = evidence.sum(Signal.GAP.text(), Arm.TREATED, Set.of());
    if (gaps.bad() >= GAPS && gaps.clients() >= CLIENTS_WITH_GAPS) {
      return Verdict.of(Kind.TO_ZERO, GateSentences.gaps(gaps.clients()), findings);
    }
    Set<String> failing = failingShops(rule, evidence);
    if (!failing.isEmpty()) {
      return new Verdict(Kind.EXCLUDE_SHOP, GateSentences.failing(failing), failing, findings);
    }
    List<Finding> bad =
        findings.stream().filter(f -> f.signal().hard && f.outcome() == Outcome.BAD).toList();
    if (bad.isEmpty()) {
      return null;
    }
    boolean again = bad.size() > 1 || rule.progress().stepBacks() > 0;
    return Verdict.of(
        again ? Kind.TO_ZERO : Kind.STEP_BACK, GateSentences.tooHigh(bad.get(0), again), findings);
  }

  /** Shops that fail while the others taken together lean towards good. */
  private static Set<String> failingShops(Rule rule, Evidence evidence) {
    Set<String> failing = new TreeSet<>();
    for (Signal signal : Signal.values()) {
      if (signal.hard && signal.kind == Signal.Kind.SHARE) {
        evidence
            .byShop(signal.text(), Arm.TREATED)
            .forEach(
                (shop, sum) -> {
                  if (!rule.denyShops().contains(shop) && fails(signal, shop, sum)) {
                    failing.add(shop);
                  }
                });
      }
    }
    return failing.isEmpty() || othersAreWell(rule, evidence, failing) ? failing : Set.of();
  }

  private static boolean fails(Signal signal, String shop, Sum sum) {
    double llr = Sprt.share(sum.bad(), sum.n(), signal.tolerated, signal.intolerable);
    return !shop.equals(Tallies.OTHER_SHOPS)
        && sum.clients() >= FAILING_CLIENTS_OF_A_SHOP
        && sum.bad() >= FAILING_SHARE_OF_A_SHOP * sum.n()
        && signal.test().outcome(llr) == Outcome.BAD;
  }

  private static boolean othersAreWell(Rule rule, Evidence evidence, Set<String> failing) {
    for (Finding rest : Findings.of(rule, evidence, failing)) {
      if (rest.signal().hard && rest.outcome() == Outcome.BAD) {
        return false;
      }
      boolean counted = rest.signal() == Signal.HANDSHAKE;
      if (counted && (rest.n() < OTHERS_AT_LEAST || rest.llr() > 0)) {
        return false;
      }
    }
    return true;
  }

  // ---- forward

  private static Verdict forward(
      Rule rule, Evidence evidence, List<Finding> findings, Instant now) {
    Progress progress = rule.progress();
    Duration here = Duration.between(progress.since(), now);
    if (progress.state() == State.COOLDOWN && here.compareTo(COOLDOWN) < 0) {
      return hold(GateSentences.coolingDown(COOLDOWN.minus(here)), findings);
    }
    if (progress.stage() >= 0 && progress.state() == State.RUNNING) {
      Sentence lacks = lacks(rule, evidence, findings, here);
      if (lacks != null) {
        return hold(lacks, findings);
      }
    }
    Plan.Stage next = progress.next();
    if (next.basisPoints() > rule.ceiling()) {
      return hold(GateSentences.ceiling(rule.ceiling()), findings);
    }
    Sentence full = full(rule, evidence, next);
    if (full != null) {
      return hold(full, findings);
    }
    if (progress.state() == State.AWAITING_APPROVAL) {
      return Verdict.of(Kind.ASK, GateSentences.awaitsApproval(next), findings);
    }
    Kind kind = next.asks() && progress.stage() >= 0 ? Kind.ASK : Kind.PROMOTE;
    return Verdict.of(kind, GateSentences.allIsWell(next), findings);
  }

  /** What the stage still lacks; null if there is enough data and all of it is good. */
  private static Sentence lacks(
      Rule rule, Evidence evidence, List<Finding> findings, Duration here) {
    Plan.Stage stage = rule.progress().plan().stages().get(rule.progress().stage());
    Duration bake = Duration.ofMinutes(stage.bakeMinutes());
    if (here.compareTo(bake) < 0) {
      return GateSentences.stageGoesOn(bake.minus(here));
    }
    long treated = evidence.sum(Observations.HEARD, Arm.TREATED, rule.denyShops()).good();
    long control = evidence.sum(Observations.HEARD, Arm.CONTROL, rule.denyShops()).good();
    // Checked only after the bake time: right after a change, the clients that it moved ask first.
    if (rule.basisPoints() <= Buckets.COUNT / 2 && uneven(treated, control)) {
      return GateSentences.uneven(treated, control);
    }
    if (treated < stage.minClients()) {
      return GateSentences.tooFewClients(treated, stage.minClients(), here);
    }
    return findings.stream()
        .map(finding -> lacks(finding, here))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Whether the arms differ in size by more than chance explains. */
  private static boolean uneven(double treated, double control) {
    double difference = treated - control;
    return Math.min(treated, control) >= UNEVEN_AT_LEAST
        && difference * difference / (treated + control) > UNEVEN;
  }

  /**
   * What this finding still lacks; null if it does not block the stage. A comparison of the arms
   * only must not be bad, because without late messages in either there is nothing to compare.
   */
  private static Sentence lacks(Finding finding, Duration here) {
    Signal signal = finding.signal();
    if (signal.kind == Signal.Kind.EVENT && finding.bad() > 0) {
      return GateSentences.GAP;
    }
    if (finding.outcome() == Outcome.BAD) {
      return GateSentences.high(finding);
    }
    boolean needsGood =
        signal.hard && (signal.kind == Signal.Kind.SHARE || signal.kind == Signal.Kind.RATE);
    return needsGood && finding.outcome() != Outcome.GOOD
        ? GateSentences.tooLittleData(finding, here)
        : null;
  }

  /** The node that is too full now, or would be at the next stage; null if there is none. */
  private static Sentence full(Rule rule, Evidence evidence, Plan.Stage next) {
    for (NodeReport node : evidence.nodes()) {
      String now = node.figures().saturated();
      String full =
          now != null ? now : node.figures().tooFullAt(rule.basisPoints(), next.basisPoints());
      if (full != null) {
        return GateSentences.noRoom(node.node(), full, now != null);
      }
    }
    return null;
  }

  private static Verdict hold(Sentence why, List<Finding> findings) {
    return Verdict.of(Kind.HOLD, why, findings);
  }
}
