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
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether the stage that stands is good enough for the next. What is bad goes first, then what is
 * unknown, then the clock: a rollout goes back at any time and forward only when all agrees. Too
 * little data holds; it neither passes nor fails. Pure.
 */
public final class Gate {

  /** After it was taken back, a plan waits so long before it is judged for going on. */
  static final Duration COOLDOWN = Duration.ofMinutes(60);

  /** Chi-square of one degree of freedom at p = 0.001. */
  private static final double UNEVEN = 10.83;

  private static final int UNEVEN_AT_LEAST = 8;

  /** A shop whose clients fail is left out, where so many others show that it is the shop. */
  private static final int OTHERS_AT_LEAST = 20;

  private static final int FAILING_CLIENTS_OF_A_SHOP = 2;
  private static final double FAILING_SHARE_OF_A_SHOP = 0.5;

  private static final int GAPS = 3;
  private static final int CLIENTS_WITH_GAPS = 2;

  private Gate() {}

  /** What to do now with the plan in {@code rule}. */
  public static Verdict judge(Rule rule, Evidence evidence, Instant now) {
    List<Finding> findings = Findings.of(rule, evidence, Set.of());
    Progress progress = rule.progress();
    if (progress == null || progress.state() == State.READY) {
      return Verdict.of(Kind.NONE, "没有正在进行的计划", "沒有進行中的計畫", "no plan is running", findings);
    }
    if (rule.killed() || !rule.enabled()) {
      return hold("紧急开关已按下或已停用", "緊急開關已按下或已停用", "killed or disabled", findings);
    }
    if (progress.state() == State.PAUSED) {
      return hold("已由人暂停", "已由人員暫停", "paused: a person has to resume it", findings);
    }
    // What the others see is bad enough, also where a node has fallen silent: perhaps by the same.
    Verdict worse = bad(rule, evidence, findings);
    if (worse != null) {
      return worse;
    }
    if (!evidence.missing().isEmpty()) {
      String nodes = String.join(", ", evidence.missing());
      return hold("节点没有报告：" + nodes, "節點沒有回報：" + nodes, "no report from " + nodes, findings);
    }
    if (evidence.nodes().isEmpty()) {
      return hold("没有任何节点报告", "沒有任何節點回報", "no node reports", findings);
    }
    if (progress.state() == State.COMPLETED) {
      return Verdict.of(Kind.NONE, "计划已完成", "計畫已完成", "the plan is completed", findings);
    }
    return forward(rule, evidence, findings, now);
  }

  // ---- backward

  private static Verdict bad(Rule rule, Evidence evidence, List<Finding> findings) {
    for (NodeReport node : evidence.nodes()) {
      if (node.figures().critical()) {
        return Verdict.of(
            Kind.TO_ZERO,
            "节点 " + node.node() + " 即将耗尽资源",
            "節點 " + node.node() + " 即將耗盡資源",
            "node " + node.node() + " is about to run out of memory or files",
            findings);
      }
    }
    Sum gaps = evidence.sum(Signal.GAP.text(), Arm.TREATED, Set.of());
    if (gaps.bad() >= GAPS && gaps.clients() >= CLIENTS_WITH_GAPS) {
      return Verdict.of(
          Kind.TO_ZERO,
          gaps.clients() + " 个客户端的消息出现缺口",
          gaps.clients() + " 個用戶端的訊息出現缺口",
          gaps.clients() + " clients report gaps in their messages",
          findings);
    }
    Set<String> failing = failingShops(rule, evidence);
    if (!failing.isEmpty()) {
      String shops = String.join(", ", failing);
      return new Verdict(
          Kind.EXCLUDE_SHOP,
          new Sentence(
              "商店 " + shops + " 的客户端失败，其他商店正常",
              "商店 " + shops + " 的用戶端失敗，其他商店正常",
              "the clients of shop " + shops + " fail while those of others do not"),
          failing,
          findings);
    }
    List<Finding> bad =
        findings.stream().filter(f -> f.signal().hard && f.outcome() == Outcome.BAD).toList();
    if (bad.isEmpty()) {
      return null;
    }
    boolean zero = bad.size() > 1 || rule.progress().stepBacks() > 0;
    Finding first = bad.get(0);
    String figure = figure(first);
    String name = first.signal().text();
    return Verdict.of(
        zero ? Kind.TO_ZERO : Kind.STEP_BACK,
        name + " 过高：" + figure + (zero ? "，且不止一次或不止一项" : ""),
        name + " 過高：" + figure + (zero ? "，且不只一次或不只一項" : ""),
        name + " is too high: " + figure + (zero ? ", not for the first time or not alone" : ""),
        findings);
  }

  /** Shops that fail on their own, while the others together lean towards good. */
  private static Set<String> failingShops(Rule rule, Evidence evidence) {
    Set<String> failing = new TreeSet<>();
    for (Signal signal : Signal.values()) {
      if (signal.hard && signal.kind == Signal.Kind.SHARE) {
        Map<String, Sum> shops = evidence.byShop(signal.text(), Arm.TREATED);
        shops.forEach(
            (shop, sum) -> {
              double llr = Sprt.share(sum.bad(), sum.n(), signal.tolerated, signal.intolerable);
              if (!shop.equals(Observations.OTHER_SHOPS)
                  && !rule.denyShops().contains(shop)
                  && sum.clients() >= FAILING_CLIENTS_OF_A_SHOP
                  && sum.bad() >= FAILING_SHARE_OF_A_SHOP * sum.n()
                  && signal.test().outcome(llr) == Outcome.BAD) {
                failing.add(shop);
              }
            });
      }
    }
    if (failing.isEmpty()) {
      return failing;
    }
    Set<String> left = new TreeSet<>(rule.denyShops());
    left.addAll(failing);
    for (Finding rest : Findings.of(rule, evidence, left)) {
      if (rest.signal().hard && rest.outcome() == Outcome.BAD) {
        return Set.of();
      }
      boolean counted = rest.signal() == Signal.HANDSHAKE;
      if (counted && (rest.n() < OTHERS_AT_LEAST || rest.llr() > 0)) {
        return Set.of();
      }
    }
    return failing;
  }

  // ---- forward

  private static Verdict forward(
      Rule rule, Evidence evidence, List<Finding> findings, Instant now) {
    Progress progress = rule.progress();
    Duration here = Duration.between(progress.since(), now);
    if (progress.state() == State.COOLDOWN && here.compareTo(COOLDOWN) < 0) {
      return hold(
          "回退后等待，还有 " + time(COOLDOWN.minus(here)),
          "退回後等待，還有 " + time(COOLDOWN.minus(here)),
          "waits after it was taken back: " + time(COOLDOWN.minus(here)) + " to go",
          findings);
    }
    Plan.Stage next = progress.next();
    if (progress.stage() >= 0 && progress.state() == State.RUNNING) {
      Verdict hold = enough(rule, evidence, findings, here);
      if (hold != null) {
        return hold;
      }
    }
    if (next.basisPoints() > rule.ceiling()) {
      String ceiling = BigDecimal.valueOf(rule.ceiling(), 2).toPlainString();
      return hold(
          "上限为 " + ceiling + "%",
          "上限為 " + ceiling + "%",
          "the ceiling is " + ceiling + " %",
          findings);
    }
    Verdict full = room(rule, evidence, next, findings);
    if (full != null) {
      return full;
    }
    if (progress.state() == State.AWAITING_APPROVAL) {
      return Verdict.of(
          Kind.ASK,
          "等待批准进入 " + next.percentage() + "%",
          "等待核准進入 " + next.percentage() + "%",
          "waits for a person to approve " + next.percentage() + " %",
          findings);
    }
    Kind kind = next.asks() && progress.stage() >= 0 ? Kind.ASK : Kind.PROMOTE;
    return Verdict.of(
        kind,
        "各项正常，下一阶段 " + next.percentage() + "%",
        "各項正常，下一階段 " + next.percentage() + "%",
        "all is well; next is " + next.percentage() + " %",
        findings);
  }

  /** Null where there is enough data and all of it is good. */
  private static Verdict enough(
      Rule rule, Evidence evidence, List<Finding> findings, Duration here) {
    Plan.Stage stage = rule.progress().plan().stages().get(rule.progress().stage());
    double treated = evidence.sum(Observations.HEARD, Arm.TREATED, rule.denyShops()).good();
    double control = evidence.sum(Observations.HEARD, Arm.CONTROL, rule.denyShops()).good();
    Duration bake = Duration.ofMinutes(stage.bakeMinutes());
    if (here.compareTo(bake) < 0) {
      return hold(
          "本阶段还有 " + time(bake.minus(here)),
          "本階段還有 " + time(bake.minus(here)),
          "this stage has " + time(bake.minus(here)) + " to go",
          findings);
    }
    // Not before the time is over: right after a change, those whom it moved ask first.
    boolean equalSized = rule.basisPoints() <= Buckets.COUNT / 2;
    if (equalSized && Math.min(treated, control) >= UNEVEN_AT_LEAST) {
      double difference = treated - control;
      if (difference * difference / (treated + control) > UNEVEN) {
        return hold(
            "两组客户端数相差过大：" + (long) treated + " 与 " + (long) control,
            "兩組用戶端數相差過大：" + (long) treated + " 與 " + (long) control,
            "the two arms differ too much in size: "
                + (long) treated
                + " and "
                + (long) control
                + " clients",
            findings);
      }
    }
    if (treated < stage.minClients()) {
      return hold(
          "已见 " + (long) treated + " / " + stage.minClients() + " 个客户端",
          "已見 " + (long) treated + " / " + stage.minClients() + " 個用戶端",
          (long) treated
              + " of "
              + stage.minClients()
              + " clients"
              + eta(treated, stage.minClients() - treated, here),
          findings);
    }
    for (Finding finding : findings) {
      Verdict hold = decided(finding, here, findings);
      if (hold != null) {
        return hold;
      }
    }
    return null;
  }

  /**
   * Null where it does not stand in the way. A comparison of the arms is only asked not to be bad:
   * where nothing is ever late in either, there is nothing to compare.
   */
  private static Verdict decided(Finding finding, Duration here, List<Finding> findings) {
    Signal signal = finding.signal();
    String name = signal.text();
    if (signal.kind == Signal.Kind.EVENT && finding.bad() > 0) {
      return hold("报告了消息缺口", "回報了訊息缺口", "a gap in the messages was reported", findings);
    }
    if (finding.outcome() == Outcome.BAD) {
      return hold(
          name + " 偏高：" + figure(finding),
          name + " 偏高：" + figure(finding),
          name + " is high: " + figure(finding),
          findings);
    }
    boolean needsGood =
        signal.hard && (signal.kind == Signal.Kind.SHARE || signal.kind == Signal.Kind.RATE);
    if (needsGood && finding.outcome() != Outcome.GOOD) {
      String unit = signal.kind == Signal.Kind.RATE ? " h" : "";
      double all = finding.n() + finding.missing();
      String some = String.format(Locale.ROOT, "%.0f", finding.n());
      String of = String.format(Locale.ROOT, "%.0f", all);
      return hold(
          name + " 的数据还不够：" + some + " / " + of + unit,
          name + " 的資料還不夠：" + some + " / " + of + unit,
          name
              + " needs more data: "
              + some
              + " of "
              + of
              + unit
              + eta(finding.n(), finding.missing(), here),
          findings);
    }
    return null;
  }

  private static Verdict room(
      Rule rule, Evidence evidence, Plan.Stage next, List<Finding> findings) {
    for (NodeReport node : evidence.nodes()) {
      String now = node.figures().saturated();
      String full =
          now != null ? now : node.figures().tooFullAt(rule.basisPoints(), next.basisPoints());
      if (full != null) {
        return hold(
            "节点 " + node.node() + " 容量不足：" + full,
            "節點 " + node.node() + " 容量不足：" + full,
            "node "
                + node.node()
                + (now == null ? " would have" : " has")
                + " too little room: "
                + full,
            findings);
      }
    }
    return null;
  }

  // ---- words

  private static Verdict hold(String zh, String zhTw, String en, List<Finding> findings) {
    return Verdict.of(Kind.HOLD, zh, zhTw, en, findings);
  }

  private static String figure(Finding f) {
    return f.signal().kind == Signal.Kind.RATE
        ? String.format(Locale.ROOT, "%.0f in %.1f h", f.bad(), f.n())
        : String.format(
            Locale.ROOT,
            "%.0f of %.0f (%.1f %% to %.1f %%)",
            f.bad(),
            f.n(),
            100 * f.low(),
            100 * f.high());
  }

  private static String eta(double had, double missing, Duration here) {
    return had <= 0 || here.isZero()
        ? ""
        : ", about " + time(Duration.ofMillis((long) (here.toMillis() * missing / had))) + " more";
  }

  private static String time(Duration duration) {
    long minutes = Math.max(1, duration.toMinutes());
    return minutes < 60 ? minutes + " min" : minutes / 60 + " h " + minutes % 60 + " min";
  }
}
