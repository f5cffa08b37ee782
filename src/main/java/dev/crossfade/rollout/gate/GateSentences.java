package dev.crossfade.rollout.gate;

import dev.crossfade.model.Sentence;
import dev.crossfade.rollout.gate.Verdict.Finding;
import dev.crossfade.rollout.rule.Plan;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;

/** The sentences in which the gate explains its verdicts. Pure. */
final class GateSentences {

  static final Sentence NO_PLAN = new Sentence("没有正在进行的计划", "沒有進行中的計畫", "no plan is running");
  static final Sentence SWITCHED_OFF =
      new Sentence("紧急开关已按下或已停用", "緊急開關已按下或已停用", "killed or disabled");
  static final Sentence PAUSED =
      new Sentence("已由人暂停", "已由人員暫停", "paused: a person has to resume it");
  static final Sentence NO_NODE = new Sentence("没有任何节点报告", "沒有任何節點回報", "no node reports");
  static final Sentence COMPLETED = new Sentence("计划已完成", "計畫已完成", "the plan is completed");

  private GateSentences() {}

  static Sentence noReport(Collection<String> missing) {
    String nodes = String.join(", ", missing);
    return new Sentence("节点没有报告：" + nodes, "節點沒有回報：" + nodes, "no report from " + nodes);
  }

  // ---- backward

  static Sentence runningOut(String node) {
    return new Sentence(
        "节点 " + node + " 即将耗尽资源：停止增长，不接待新访客",
        "節點 " + node + " 即將耗盡資源：停止成長，不接待新訪客",
        "node "
            + node
            + " is about to run out of memory or files: growth stops, new visitors are refused");
  }

  static Sentence gaps(long clients) {
    return new Sentence(
        clients + " 个客户端的消息出现缺口",
        clients + " 個用戶端的訊息出現缺口",
        clients + " clients report gaps in their messages");
  }

  static Sentence failing(Collection<String> shops) {
    String names = String.join(", ", shops);
    return new Sentence(
        "商店 " + names + " 的客户端失败，其他商店正常",
        "商店 " + names + " 的用戶端失敗，其他商店正常",
        "the clients of shop " + names + " fail while those of others do not");
  }

  /** {@code again}: it is not the first time, or not the only bad signal. */
  static Sentence tooHigh(Finding finding, boolean again) {
    String name = finding.signal().text();
    String figure = figure(finding);
    return new Sentence(
        name + " 过高：" + figure + (again ? "，且不止一次或不止一项" : ""),
        name + " 過高：" + figure + (again ? "，且不只一次或不只一項" : ""),
        name + " is too high: " + figure + (again ? ", not for the first time or not alone" : ""));
  }

  // ---- forward

  static Sentence coolingDown(Duration left) {
    return new Sentence(
        "回退后等待，还有 " + time(left),
        "退回後等待，還有 " + time(left),
        "waits after it was taken back: " + time(left) + " to go");
  }

  static Sentence ceiling(int basisPoints) {
    String ceiling = BigDecimal.valueOf(basisPoints, 2).toPlainString();
    return new Sentence(
        "上限为 " + ceiling + "%", "上限為 " + ceiling + "%", "the ceiling is " + ceiling + " %");
  }

  static Sentence awaitsApproval(Plan.Stage next) {
    return new Sentence(
        "等待批准进入 " + next.percentage() + "%",
        "等待核准進入 " + next.percentage() + "%",
        "waits for a person to approve " + next.percentage() + " %");
  }

  static Sentence allIsWell(Plan.Stage next) {
    return new Sentence(
        "各项正常，下一阶段 " + next.percentage() + "%",
        "各項正常，下一階段 " + next.percentage() + "%",
        "all is well; next is " + next.percentage() + " %");
  }

  static Sentence stageGoesOn(Duration left) {
    return new Sentence(
        "本阶段还有 " + time(left), "本階段還有 " + time(left), "this stage has " + time(left) + " to go");
  }

  static Sentence uneven(long treated, long control) {
    return new Sentence(
        "两组客户端数相差过大：" + treated + " 与 " + control,
        "兩組用戶端數相差過大：" + treated + " 與 " + control,
        "the two arms differ too much in size: " + treated + " and " + control + " clients");
  }

  /** {@code here}: how long the stage has lasted. */
  static Sentence tooFewClients(long seen, int needed, Duration here) {
    return new Sentence(
        "已见 " + seen + " / " + needed + " 个客户端",
        "已見 " + seen + " / " + needed + " 個用戶端",
        seen + " of " + needed + " clients" + eta(seen, needed - seen, here));
  }

  static Sentence high(Finding finding) {
    String name = finding.signal().text();
    String figure = figure(finding);
    return new Sentence(
        name + " 偏高：" + figure, name + " 偏高：" + figure, name + " is high: " + figure);
  }

  static Sentence tooLittleData(Finding finding, Duration here) {
    String name = finding.signal().text();
    String some = String.format(Locale.ROOT, "%.0f", finding.n());
    String all = String.format(Locale.ROOT, "%.0f", finding.n() + finding.missing());
    String eta = eta(finding.n(), finding.missing(), here);
    return new Sentence(
        name + " 的数据还不够：" + some + " / " + all,
        name + " 的資料還不夠：" + some + " / " + all,
        name + " needs more data: " + some + " of " + all + eta);
  }

  /** {@code now}: the node is already full, not just at the next stage. */
  static Sentence noRoom(String node, String full, boolean now) {
    return new Sentence(
        "节点 " + node + " 容量不足：" + full,
        "節點 " + node + " 容量不足：" + full,
        "node " + node + (now ? " has" : " would have") + " too little room: " + full);
  }

  // ---- figures

  private static String figure(Finding f) {
    return String.format(
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
