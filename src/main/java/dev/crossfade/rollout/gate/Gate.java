package dev.crossfade.rollout.gate;

import dev.crossfade.model.Sentence;
import dev.crossfade.rollout.gate.Evidence.Sum;
import dev.crossfade.rollout.gate.Findings.Change;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
  private static final int OTHERS_AT_LEAST = 10;

  private static final double FAILING_SHARE_OF_A_SHOP = 0.5;

  /** Where all fail, each shop but the first to be noticed is this far on its way to bad. */
  private static final double LEANS = Findings.CHANGED / 4;

  private Gate() {}

  /** Decides what to do now with the plan in {@code rule}. */
  public static Verdict judge(Rule rule, Evidence evidence, Instant now) {
    List<Finding> findings = Findings.of(rule, evidence);
    Progress progress = rule.progress();
    if (progress == null || progress.state() == State.READY) {
      return Verdict.of(Kind.NONE, GateSentences.NO_PLAN, findings);
    }
    if (rule.killed() || !rule.enabled()) {
      return hold(GateSentences.SWITCHED_OFF, findings);
    }
    // Bad findings count even if a node is missing: it may have failed for the same reason.
    Verdict worse = rule.basisPoints() == 0 ? null : bad(rule, evidence, findings);
    NodeReport full = runningOut(evidence);
    if (full != null && (worse == null || goesToPolling(worse, findings))) {
      return hold(GateSentences.runningOut(full.node()), findings);
    }
    if (worse != null) {
      return worse;
    }
    if (progress.state() == State.PAUSED) {
      return hold(GateSentences.PAUSED, findings);
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

  private static NodeReport runningOut(Evidence evidence) {
    return evidence.nodes().stream()
        .filter(node -> node.figures().critical())
        .findFirst()
        .orElse(null);
  }

  /**
   * Whether many would go back to polling, which takes several times the memory of a socket: that
   * is no way out for a node that runs out of it. Messages that are missing are worse.
   */
  private static boolean goesToPolling(Verdict worse, List<Finding> findings) {
    return worse.kind() != Kind.EXCLUDE_SHOP
        && findings.get(Signal.GAP.ordinal()).outcome() != Outcome.BAD;
  }

  /** The verdict on bad findings; null if there are none. */
  private static Verdict bad(Rule rule, Evidence evidence, List<Finding> findings) {
    Set<String> failing = failingShops(rule, evidence);
    List<Finding> bad =
        findings.stream().filter(f -> f.signal().hard && f.outcome() == Outcome.BAD).toList();
    if (failing.isEmpty()) {
      failing = culprit(rule, evidence, bad);
    }
    if (!failing.isEmpty() && rule.denyShops().size() + failing.size() <= Rule.MAX_LISTED) {
      return new Verdict(Kind.EXCLUDE_SHOP, GateSentences.failing(failing), failing, findings);
    }
    if (bad.isEmpty()) {
      return null;
    }
    Finding gap =
        bad.stream().filter(f -> f.signal().kind == Signal.Kind.EVENT).findFirst().orElse(null);
    if (gap != null) {
      return Verdict.of(Kind.TO_ZERO, GateSentences.gaps((long) gap.bad()), findings);
    }
    boolean again = bad.size() > 1 || rule.progress().stepBacks() > 0;
    return Verdict.of(
        again ? Kind.TO_ZERO : Kind.STEP_BACK, GateSentences.tooHigh(bad.get(0), again), findings);
  }

  /** Shops of which most clients fail while the others taken together lean towards good. */
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
    Change change = Findings.change(signal, sum, Sum.NONE);
    return !shop.equals(Tallies.OTHER_SHOPS)
        && change.bad()
        && change.failures() >= FAILING_SHARE_OF_A_SHOP * change.n();
  }

  /** The one shop without which nothing is bad; empty if there is no such shop. */
  private static Set<String> culprit(Rule rule, Evidence evidence, List<Finding> bad) {
    if (bad.isEmpty()) {
      return Set.of();
    }
    return evidence.byShop(bad.get(0).signal().text(), Arm.TREATED).entrySet().stream()
        .filter(shop -> !rule.denyShops().contains(shop.getKey()))
        .max(Comparator.comparingLong(shop -> shop.getValue().recent().clients()))
        .map(Map.Entry::getKey)
        .filter(shop -> !shop.equals(Tallies.OTHER_SHOPS))
        .map(Set::of)
        .filter(shop -> othersAreWell(rule, evidence, shop))
        .orElse(Set.of());
  }

  /** Whether enough was seen elsewhere, and none of it is bad or leans that way. */
  private static boolean othersAreWell(Rule rule, Evidence evidence, Set<String> failing) {
    Set<String> left = new TreeSet<>(rule.denyShops());
    left.addAll(failing);
    for (Signal signal : Signal.values()) {
      if (signal.hard) {
        Sum treated = evidence.sum(signal.text(), Arm.TREATED, left);
        Sum control = evidence.sum(signal.text(), Arm.CONTROL, left);
        if (Findings.change(signal, treated, control).llr() > LEANS) {
          return false;
        }
      }
    }
    return seenLately(evidence, left) >= OTHERS_AT_LEAST;
  }

  /** Good observations of sockets in the longest window. */
  private static long seenLately(Evidence evidence, Set<String> without) {
    Recent recent = evidence.sum(Signal.FALLBACK.text(), Arm.TREATED, without).recent();
    return recent.windows().get(Recent.MINUTES.size() - 1).good();
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
    if (finding.outcome() == Outcome.BAD) {
      return GateSentences.high(finding);
    }
    boolean needsGood = signal.hard && signal.kind == Signal.Kind.SHARE;
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
