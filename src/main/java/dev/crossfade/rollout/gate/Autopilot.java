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
 * Moves the plan as the {@link Gate} says. Every node runs one, over what all nodes report; the one
 * with the smallest name acts, and a compare-and-set on the revision keeps a second that believes
 * the same from doing it twice.
 */
public final class Autopilot {

  /** A reason in the audit log is cut here; the whole verdict stands in the evidence. */
  private static final int MAX_REASON_CHARS = 400;

  private static final Logger LOG = LoggerFactory.getLogger(Autopilot.class);

  /**
   * What was decided, for whoever is told.
   *
   * @param acted false where the gate only watches
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
   * @param form the JSON by which the audit log shows what a verdict rests on
   * @param listener hears of each new verdict, on the node that acts only; must not block
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

  /** What the gate said last on this node. */
  public Verdict verdict() {
    return verdict;
  }

  /** What the nodes reported last, without those that are gone. */
  public List<NodeReport> nodes() {
    return reports.nodes();
  }

  /** The shops with the highest share of failures, at most {@code most}; none without a failure. */
  public List<Evidence.ShopFailures> worstShops(int most) {
    Rule rule = store.rule();
    return rule == null ? List.of() : reports.evidence(rule.assignment()).worstShops(most);
  }

  /**
   * Tells the other nodes what this one has seen, and judges; call it every few seconds. Blocks.
   */
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

  /** This node goes in an orderly way: nobody has to wait for its reports. Blocks. */
  public void leave() {
    if (store.rule() != null) {
      reports.leave();
    }
  }

  /** Forgets nodes that are long gone. Blocks. */
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

  /** Once for each new sentence but for its figures, which change all the time. */
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
