package dev.crossfade.rollout.gate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.gate.Evidence.Sum;
import dev.crossfade.rollout.gate.Verdict.Finding;
import dev.crossfade.rollout.gate.Verdict.Kind;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Progress.Move;
import dev.crossfade.rollout.rule.Progress.State;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.toggle.ToggleStore;
import dev.crossfade.store.RolloutNodes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the rollout and moves its plan as the gate says. Every node runs one, over what all nodes
 * report; the one with the smallest name acts, and a compare-and-set on the revision keeps a second
 * that believes the same from doing it twice.
 */
public final class Autopilot {

  /** A node that is gone is forgotten after so long. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofDays(7);

  private static final Logger LOG = LoggerFactory.getLogger(Autopilot.class);

  /** Its default would keep buffers, and this class loader, in Tomcat's threads. */
  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build())
          // While nodes are replaced one by one, a newer one may tell more.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /**
   * What was decided, for whoever is told.
   *
   * @param acted false where the gate only watches
   */
  public record Notice(Instant at, Verdict verdict, Rule rule, boolean acted) {}

  private final ToggleStore toggles;
  private final RolloutNodes nodes;
  private final Observations observations;
  private final Supplier<List<Client>> open;
  private final Supplier<NodeFigures> figures;
  private final String node;
  private final Clock clock;
  private final Consumer<Notice> listener;
  private volatile Verdict verdict =
      Verdict.of(Kind.NONE, "尚未判定", "尚未判定", "nothing was judged yet", List.of());
  private boolean left;
  private volatile List<NodeReport> reports = List.of();
  private String said = "";

  /**
   * @param open whose sockets are open here
   * @param node a name that no other start of any node has
   * @param listener hears of each new verdict, on the node that acts only; must not block
   */
  public Autopilot(
      ToggleStore toggles,
      Observations observations,
      RolloutNodes nodes,
      Supplier<List<Client>> open,
      Supplier<NodeFigures> figures,
      String node,
      Clock clock,
      Consumer<Notice> listener) {
    this.toggles = toggles;
    this.nodes = nodes;
    this.observations = observations;
    this.open = open;
    this.figures = figures;
    this.node = node;
    this.clock = clock;
    this.listener = listener;
  }

  /** What the gate said last on this node. */
  public Verdict verdict() {
    return verdict;
  }

  /** What the nodes reported last, without those that are gone. */
  public List<NodeReport> nodes() {
    long now = clock.millis();
    return reports.stream()
        .filter(r -> !r.leaving() && now - r.at() <= Evidence.GONE_AFTER_MILLIS)
        .toList();
  }

  /**
   * Failures of WebSocket in a shop since the line was moved, over all nodes: handshakes that
   * failed, sockets that died early, clients that fell back.
   *
   * @param of so many client-windows
   */
  public record ShopFailures(String shop, long failed, long of) {}

  /**
   * The shops with the highest share of failures, at most so many; without those that have none.
   */
  public List<ShopFailures> worstShops(int most) {
    Rule rule = toggles.rule();
    if (rule == null) {
      return List.of();
    }
    Evidence evidence = evidence(rule);
    Map<String, Sum> shops = new HashMap<>();
    for (Signal signal : List.of(Signal.HANDSHAKE, Signal.EARLY_DEATH, Signal.FALLBACK)) {
      evidence
          .byShop(signal.text(), Arm.TREATED)
          .forEach((shop, sum) -> shops.merge(shop, sum, Sum::plus));
    }
    return shops.entrySet().stream()
        .filter(shop -> shop.getValue().bad() > 0)
        .map(s -> new ShopFailures(s.getKey(), s.getValue().bad(), s.getValue().n()))
        .sorted(Comparator.comparingDouble((ShopFailures s) -> -(double) s.failed() / s.of()))
        .limit(most)
        .toList();
  }

  /**
   * Tells the other nodes what this one has seen, and judges; call it every few seconds. Blocks.
   */
  public void tick() {
    Rule rule = toggles.rule();
    if (rule == null) {
      return;
    }
    observations.open(open.get());
    observations.sweep();
    Verdict now;
    try {
      publish(false);
      reports = read();
      now = Gate.judge(rule, evidence(rule), clock.instant());
    } catch (ChatException storeDown) {
      verdict =
          Verdict.of(Kind.HOLD, "数据库没有响应", "資料庫沒有回應", "the database does not answer", List.of());
      return;
    }
    verdict = now;
    if (leads()) {
      act(rule, now);
    }
  }

  /** This node goes in an orderly way: nobody has to wait for its reports. Blocks. */
  public void leave() {
    if (toggles.rule() != null) {
      publish(true);
    }
  }

  /** Forgets nodes that are long gone. Blocks. */
  public void prune() {
    nodes.prune(clock.instant().minus(FORGOTTEN_AFTER));
  }

  private Evidence evidence(Rule rule) {
    return Evidence.of(reports, rule.line(), clock.millis());
  }

  /**
   * One at a time, and none after the last: a stop meets a tick that is under way, and both would
   * insert the row of a node that has just started.
   */
  private synchronized void publish(boolean leaving) {
    if (left) {
      return;
    }
    left = leaving;
    NodeReport mine =
        new NodeReport(
            node,
            observations.line(),
            clock.millis(),
            leaving,
            figures.get(),
            observations.counts());
    try {
      nodes.save(node, clock.instant(), JSON.writeValueAsString(mine));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report is always JSON", e);
    }
  }

  private List<NodeReport> read() {
    List<NodeReport> all = new ArrayList<>();
    for (String text : nodes.reports()) {
      try {
        all.add(JSON.readValue(text, NodeReport.class));
      } catch (JsonProcessingException ofAnotherVersion) {
        LOG.debug("a report is not readable", ofAnotherVersion);
      }
    }
    return all;
  }

  private boolean leads() {
    return reports.stream()
        .filter(r -> !r.leaving() && clock.millis() - r.at() <= Evidence.MISSING_AFTER_MILLIS)
        .map(NodeReport::node)
        .min(Comparator.naturalOrder())
        .filter(node::equals)
        .isPresent();
  }

  private void act(Rule rule, Verdict now) {
    boolean acted = false;
    Move move = move(rule, now.kind());
    boolean wants = move != null || now.kind() == Kind.EXCLUDE_SHOP;
    try {
      if (wants && !rule.watchOnly()) {
        decide(rule, now, move);
        acted = true;
      }
    } catch (ChatException refusal) {
      if (refusal.problem() != Problem.STALE_REVISION) {
        throw refusal;
      }
      return;
    }
    announce(rule, now, acted);
  }

  private static Move move(Rule rule, Kind kind) {
    State state = rule.progress() == null ? null : rule.progress().state();
    return switch (kind) {
      case PROMOTE -> state == State.COOLDOWN ? Move.COOLED : Move.PROMOTE;
      case ASK ->
          switch (state) {
            case COOLDOWN -> Move.COOLED;
            case AWAITING_APPROVAL -> null;
            default -> Move.ASK;
          };
      case STEP_BACK -> Move.STEP_BACK;
      case TO_ZERO -> Move.TO_ZERO;
      case NONE, HOLD, EXCLUDE_SHOP -> null;
    };
  }

  private void decide(Rule rule, Verdict now, Move move) {
    String why = now.why().en();
    Change change = Change.because(why.length() > 400 ? why.substring(0, 400) : why);
    if (now.kind() == Kind.EXCLUDE_SHOP) {
      Set<String> denied = new TreeSet<>(rule.denyShops());
      denied.addAll(now.shops());
      change.deny(denied, null);
    } else {
      change.move(move);
    }
    toggles.decided(change, rule.revision(), now.kind().name(), evidence(now));
  }

  /** Once for each new sentence but for its figures, which change all the time. */
  private void announce(Rule rule, Verdict now, boolean acted) {
    String gist = now.kind() + now.why().en().replaceAll("[0-9]+", "") + rule.line();
    if (!gist.equals(said) && now.kind() != Kind.NONE) {
      LOG.info(
          "rollout gate: {}{}: {}",
          now.kind(),
          rule.watchOnly() ? " (watching only)" : "",
          now.why().en());
      listener.accept(new Notice(clock.instant(), now, toggles.rule(), acted));
    }
    said = gist;
  }

  /** What a verdict rests on, as the audit log, the API and the webhook show it: a JSON array. */
  public static String evidence(Verdict verdict) {
    ArrayNode array = JSON.createArrayNode();
    for (Finding f : verdict.findings()) {
      ObjectNode json = array.addObject();
      json.put("signal", f.signal().text());
      json.put("hard", f.signal().hard());
      json.put("outcome", f.outcome().name().toLowerCase(Locale.ROOT));
      json.put("bad", f.bad());
      json.put("n", f.n());
      json.put("control_bad", f.controlBad());
      json.put("control_n", f.controlN());
      json.put("tolerated", f.signal().tolerated());
      json.put("intolerable", f.signal().intolerable());
      json.put("llr", f.llr());
      json.put("good_below", f.lower());
      json.put("bad_above", f.upper());
      json.put("wilson_low", f.low());
      json.put("wilson_high", f.high());
      json.put("missing", f.missing());
    }
    return array.toString();
  }
}
