package dev.crossfade.rollout;

import dev.crossfade.model.Sentence;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Explains to people why a client uses its transport. */
final class Explanation {

  private final Fallbacks fallbacks;

  Explanation(Fallbacks fallbacks) {
    this.fallbacks = fallbacks;
  }

  /**
   * Explains the choice in one sentence.
   *
   * @param killedHere whether only this node was killed
   */
  Sentence of(Client client, TransportChoice choice, Rule rule, boolean killedHere) {
    Sentence why = why(client.clientId(), choice, rule, killedHere);
    Sentence group = group(Arm.of(rule, client));
    boolean socket = choice.transport() == Transport.WEBSOCKET;
    String name = client.clientId();
    return new Sentence(
        name + " 使用" + (socket ? " WebSocket：" : "轮询：") + why.zh() + group.zh() + "。",
        name + " 使用" + (socket ? " WebSocket：" : "輪詢：") + why.zhTw() + group.zhTw() + "。",
        name + " uses " + (socket ? "WebSocket: " : "polling: ") + why.en() + group.en() + ".");
  }

  private Sentence why(String name, TransportChoice choice, Rule rule, boolean killedHere) {
    String percent = rule.percentage().toPlainString();
    String below = Integer.toString(rule.basisPoints());
    String bucket = Integer.toString(choice.bucket());
    return switch (choice.reason()) {
      case DISABLED -> new Sentence("WebSocket 已停用", "WebSocket 已停用", "WebSocket is disabled");
      case KILLED ->
          killedHere
              ? new Sentence("本节点的紧急开关已按下", "本節點的緊急開關已按下", "this node was killed locally")
              : new Sentence("紧急开关已按下", "緊急開關已按下", "the kill switch is on");
      case NO_ID -> new Sentence("没有客户端标识", "沒有用戶端識別碼", "it has no id");
      case DENIED -> new Sentence("在拒绝名单中", "在拒絕名單中", "it or its shop is on a deny list");
      case OUT_OF_COHORT ->
          new Sentence(
              "不在群组 " + rule.cohort().text() + " 内",
              "不在群組 " + rule.cohort().text() + " 內",
              "it is not of the cohort " + rule.cohort().text());
      case ALLOWED -> new Sentence("在允许名单中", "在允許名單中", "it or its shop is on an allow list");
      case RECENT_FALLBACK ->
          new Sentence(
              "最近 WebSocket 连接失败" + fallback(name, "，将于 %2$s 再试"),
              "最近 WebSocket 連線失敗" + fallback(name, "，將於 %2$s 再試"),
              "WebSocket failed on its path lately" + fallback(name, ", next try at %2$s"));
      case IN_PERCENT ->
          new Sentence(
              "桶 " + bucket + " 小于 " + below + "（" + percent + "%）",
              "桶 " + bucket + " 小於 " + below + "（" + percent + "%）",
              "bucket " + bucket + " is below " + below + " (" + percent + " %)");
      case OUT_OF_PERCENT ->
          new Sentence(
              "桶 " + bucket + " 不小于 " + below + "（" + percent + "%）",
              "桶 " + bucket + " 不小於 " + below + "（" + percent + "%）",
              "bucket " + bucket + " is not below " + below + " (" + percent + " %)");
    };
  }

  private static Sentence group(Arm arm) {
    return arm == null
        ? new Sentence("", "", "")
        : new Sentence(
            arm == Arm.TREATED ? "；属于实验组" : "；属于对照组",
            arm == Arm.TREATED ? "；屬於實驗組" : "；屬於對照組",
            "; it is in the " + arm.text() + " arm");
  }

  /** The reason and time of the last report, and when WebSocket is tried again. */
  private String fallback(String clientId, String next) {
    Optional<Fallbacks.Report> last = fallbacks.last(clientId);
    Optional<Instant> again = fallbacks.nextTry(clientId);
    if (last.isEmpty() || again.isEmpty()) {
      return "";
    }
    String why = last.get().reason() == null ? "" : last.get().reason() + ", ";
    return (" (%3$s%1$s)" + next).formatted(minute(last.get().at()), minute(again.get()), why);
  }

  private static String minute(Instant at) {
    return at.truncatedTo(ChronoUnit.MINUTES).toString();
  }
}
