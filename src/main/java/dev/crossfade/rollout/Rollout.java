package dev.crossfade.rollout;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Sentence;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.gate.Observations;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.rollout.rule.TransportChooser;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.rollout.toggle.CrossfadeFeature;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.rollout.toggle.PercentStrategy;
import dev.crossfade.rollout.toggle.ToggleStore;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.togglz.core.manager.FeatureManager;
import org.togglz.core.manager.FeatureManagerBuilder;
import org.togglz.core.user.NoOpUserProvider;

/**
 * Who gets which transport, and the change of it. Decisions do not block and never fail; changes
 * block for the database. Safe for many threads.
 */
public final class Rollout {

  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  private final ToggleTable table;
  private final ToggleStore toggles;
  private final Fallbacks fallbacks;
  private final FeatureManager features;
  private final LocalKill localKill;
  private final Observations observations;
  private final List<Consumer<Rule>> watchers = new CopyOnWriteArrayList<>();

  public Rollout(ToggleTable table, Fallbacks fallbacks, LocalKill localKill, Clock clock) {
    this.table = table;
    this.fallbacks = fallbacks;
    this.localKill = localKill;
    this.observations = new Observations(this::known, clock);
    this.toggles = new ToggleStore(table, clock, this::announce);
    // Togglz' thread-bound users leak class loaders and do not exist on a socket's thread, so none
    // is used: who is meant is always handed in.
    this.features =
        new FeatureManagerBuilder()
            .featureEnum(CrossfadeFeature.class)
            .stateRepository(toggles)
            .activationStrategy(new PercentStrategy())
            .userProvider(new NoOpUserProvider())
            .build();
  }

  /** Which transport this client should use now. */
  public TransportChoice choose(Client client) {
    Rule rule = toggles.rule();
    if (rule != null && localKill.on()) {
      return TransportChoice.polling(
          TransportChoice.Reason.KILLED, TransportChooser.bucket(rule, client));
    }
    return TransportChooser.choose(rule, client, fallbacks.recent(client.clientId()));
  }

  /** Which of the two groups that are compared; null for neither. */
  public Arm arm(Client client) {
    return Arm.of(rule(), client);
  }

  /** Whether WebSocket is served at all. */
  public boolean serving() {
    Rule rule = toggles.rule();
    return rule != null && rule.enabled() && !rule.killed() && !localKill.on();
  }

  /** Whether this node alone was killed. */
  public boolean locallyKilled() {
    return localKill.on();
  }

  /** The rule in force; null where none was ever read. */
  Rule known() {
    return toggles.rule();
  }

  /** The rule in force; throws {@code unavailable} where none was ever read. */
  public Rule rule() {
    Rule rule = toggles.rule();
    if (rule == null) {
      throw new ChatException(Problem.UNAVAILABLE);
    }
    return rule;
  }

  /**
   * The same state as Togglz sees it: {@code enable} and {@code disable} there flip the flag here.
   */
  public FeatureManager features() {
    return features;
  }

  /** Where the rule is kept. */
  public ToggleStore toggles() {
    return toggles;
  }

  /** What is seen of the two arms. */
  public Observations observations() {
    return observations;
  }

  public Fallbacks fallbacks() {
    return fallbacks;
  }

  /** Reads the state anew; call it every second. Blocks. */
  public void refresh() {
    // First, and without the database: this is what is left when nothing else works.
    if (localKill.look()) {
      LOG.warn("rollout: this node is {}", localKill.on() ? "killed locally" : "back");
      Rule rule = toggles.rule();
      if (rule != null) {
        tell(rule);
      }
    }
    toggles.refresh();
  }

  /** {@code watcher} hears of each new rule, on the thread that learnt of it; must not block. */
  public void watch(Consumer<Rule> watcher) {
    watchers.add(watcher);
  }

  /** Throws {@code stale_revision}. */
  public Rule change(Change change, long revision, String actor) {
    return toggles.change(change, revision, actor, "CHANGE", null);
  }

  /** Everybody polls, at once; whatever the revision is. */
  public Rule kill(String reason, String actor) {
    return toggles.change(Change.because(reason).killed(true), null, actor, "KILL", null);
  }

  /**
   * Back to a percentage that is named, never by itself to the old one. Throws {@code
   * stale_revision}.
   */
  public Rule unkill(String reason, int basisPoints, long revision, String actor) {
    return toggles.change(
        Change.because(reason).killed(false).basisPoints(basisPoints),
        revision,
        actor,
        "UNKILL",
        null);
  }

  /** Lays a plan in, or moves it. Throws {@code stale_revision}, {@code bad_parameter}. */
  public Rule plan(Change change, long revision, String actor, String action) {
    return toggles.change(change, revision, actor, action, null);
  }

  /** Notes in the audit log that an action was refused. */
  public void refused(String actor, String action, String reason, String why) {
    toggles.refused(actor, action, reason, why);
  }

  /** Newest first, those with seq below {@code before}. */
  public List<Audited> audit(long before, int limit) {
    return table.entries(before, limit);
  }

  /** Checks the whole audit log. Blocks. */
  public AuditLog.Chain verifyAudit() {
    return AuditLog.verify(table);
  }

  /** Why this client is on that transport, in one sentence. */
  public Sentence sentence(Client client) {
    TransportChoice choice = choose(client);
    Rule rule = rule();
    String percent = rule.percentage().toPlainString();
    String line = Integer.toString(rule.basisPoints());
    String bucket = Integer.toString(choice.bucket());
    String name = client.clientId();
    Sentence why =
        switch (choice.reason()) {
          case DISABLED -> new Sentence("WebSocket 已停用", "WebSocket 已停用", "WebSocket is disabled");
          case KILLED ->
              localKill.on()
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
                  "桶 " + bucket + " 小于 " + line + "（" + percent + "%）",
                  "桶 " + bucket + " 小於 " + line + "（" + percent + "%）",
                  "bucket " + bucket + " is below " + line + " (" + percent + " %)");
          case OUT_OF_PERCENT ->
              new Sentence(
                  "桶 " + bucket + " 不小于 " + line + "（" + percent + "%）",
                  "桶 " + bucket + " 不小於 " + line + "（" + percent + "%）",
                  "bucket " + bucket + " is not below " + line + " (" + percent + " %)");
        };
    boolean socket = choice.transport() == Transport.WEBSOCKET;
    Arm arm = Arm.of(rule, client);
    Sentence group =
        arm == null
            ? new Sentence("", "", "")
            : new Sentence(
                arm == Arm.TREATED ? "；属于实验组" : "；属于对照组",
                arm == Arm.TREATED ? "；屬於實驗組" : "；屬於對照組",
                "; it is in the " + arm.text() + " arm");
    return new Sentence(
        name + " 使用" + (socket ? " WebSocket：" : "轮询：") + why.zh() + group.zh() + "。",
        name + " 使用" + (socket ? " WebSocket：" : "輪詢：") + why.zhTw() + group.zhTw() + "。",
        name + " uses " + (socket ? "WebSocket: " : "polling: ") + why.en() + group.en() + ".");
  }

  /** The last report's reason and time, and when WebSocket is tried again. */
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

  private void announce(Rule rule) {
    LOG.info(
        "rollout: revision {}: {} %{}{} by {}: {}",
        rule.revision(),
        rule.percentage(),
        rule.enabled() ? "" : ", disabled",
        rule.killed() ? ", killed" : "",
        rule.updatedBy(),
        rule.reason());
    tell(rule);
  }

  private void tell(Rule rule) {
    for (Consumer<Rule> watcher : watchers) {
      try {
        watcher.accept(rule);
      } catch (RuntimeException e) {
        LOG.error("a listener of the rollout failed", e);
      }
    }
  }
}
