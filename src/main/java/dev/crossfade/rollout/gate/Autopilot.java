package dev.crossfade.rollout.gate;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Sentence;
import dev.crossfade.rollout.gate.Verdict.Kind;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Progress.Move;
import dev.crossfade.rollout.rule.Progress.State;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.toggle.ToggleStore;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the plan as the {@link Gate} decides. Every node runs one over the reports of all nodes.
 * Only the node with the lowest name acts; if two believe to be that node, a compare-and-set on the
 * revision lets one succeed.
 */
public final class Autopilot {

  /** Reasons in the audit log are cut to this length; the evidence holds the whole verdict. */
  private static final int MAX_REASON_CHARS = 400;

  private static final Logger LOG = LoggerFactory.getLogger(Autopilot.class);

  /**
   * A verdict as passed to the listener.
   *
   * @param acted false if the gate only watches
   */
  public record Notice(Instant at, Verdict verdict, Rule rule, boolean acted) {}

  private final ToggleStore store;
  private final Reports reports;
  private final Clock clock;
  private final Function<Verdict, String> form;
  private final Consumer<Notice> listener;
  private volatile Verdict verdict =
      nothing(new Sentence("尚未判定", "尚未判定", "nothing was judged yet"), Kind.NONE);
  private String said = "";

  /**
   * @param form renders the evidence of a verdict as JSON for the audit log
   * @param listener is called with each new verdict, only on the node that acts; must not block
   */
  public Autopilot(
      ToggleStore store,
      Reports reports,
      Clock clock,
      Function<Verdict, String> form,
      Consumer<Notice> listener) {
    this.store = store;
    this.reports = reports;
    this.clock = clock;
    this.form = form;
    this.listener = listener;
  }

  /** The latest verdict of the gate on this node. */
  public Verdict verdict() {
    return verdict;
  }

  /** The latest reports, except those of nodes that are gone. */
  public List<NodeReport> nodes() {
    return reports.nodes();
  }

  /**
   * At most {@code most} shops with the highest failure rates; shops without failures are left out.
   */
  public List<Evidence.ShopFailures> worstShops(int most) {
    Rule rule = store.rule();
    return rule == null ? List.of() : reports.evidence(rule.assignment()).worstShops(most);
  }

  /** Publishes this node's report and judges the plan; call it every few seconds. Blocks. */
  public void tick() {
    Rule rule = store.rule();
    if (rule == null) {
      return;
    }
    reports.observe();
    try {
      reports.exchange();
    } catch (ChatException storeDown) {
      Sentence why = new Sentence("数据库没有响应", "資料庫沒有回應", "the database does not answer");
      verdict = nothing(why, Kind.HOLD);
      return;
    }
    Verdict now = Gate.judge(rule, reports.evidence(rule.assignment()), clock.instant());
    verdict = now;
    if (reports.leads()) {
      act(rule, now);
    }
  }

  /**
   * Announces an orderly shutdown, so that the others do not wait for this node's reports. Blocks.
   */
  public void leave() {
    if (store.rule() != null) {
      reports.leave();
    }
  }

  /** Deletes the reports of nodes that are long gone. Blocks. */
  public void prune() {
    reports.prune();
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
    String reason = why.length() > MAX_REASON_CHARS ? why.substring(0, MAX_REASON_CHARS) : why;
    Change change = Change.because(reason);
    if (now.kind() == Kind.EXCLUDE_SHOP) {
      Set<String> denied = new TreeSet<>(rule.denyShops());
      denied.addAll(now.shops());
      change.deny(denied, null);
    } else {
      change.move(move);
    }
    store.decided(change, rule.revision(), now.kind().name(), form.apply(now));
  }

  /** Announces each new sentence once, ignoring its figures, which change all the time. */
  private void announce(Rule rule, Verdict now, boolean acted) {
    String gist = now.kind() + now.why().en().replaceAll("[0-9]+", "") + rule.assignment();
    if (!gist.equals(said) && now.kind() != Kind.NONE) {
      LOG.info(
          "rollout gate: {}{}: {}",
          now.kind(),
          rule.watchOnly() ? " (watching only)" : "",
          now.why().en());
      listener.accept(new Notice(clock.instant(), now, store.rule(), acted));
    }
    said = gist;
  }

  private static Verdict nothing(Sentence why, Kind kind) {
    return new Verdict(kind, why, Set.of(), List.of());
  }
}
