package dev.crossfade.rollout;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Sentence;
import dev.crossfade.rollout.gate.Observations;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Decision;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.rollout.toggle.ClientUser;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.rollout.toggle.PercentStrategy;
import dev.crossfade.rollout.toggle.ToggleStore;
import dev.crossfade.rollout.toggle.Toggles;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.togglz.core.user.NoOpUserProvider;

/**
 * Decides which transport each client uses, and changes the rule. Decisions neither block nor fail;
 * changes block for the database. Thread-safe.
 */
public final class Rollout {

  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  private final ToggleTable table;
  private final ToggleStore store;
  private final Toggles features;
  private final Fallbacks fallbacks;
  private final LocalKill localKill;
  private final Observations observations;
  private final Explanation explanation;
  private final List<Consumer<Rule>> watchers = new CopyOnWriteArrayList<>();

  /**
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   * @param shopExists whether a shop with this id exists
   * @param form renders a rule as JSON for the audit log
   * @param log is told of each rule that was read
   */
  public Rollout(
      ToggleTable table,
      Fallbacks fallbacks,
      LocalKill localKill,
      Clock clock,
      LongSupplier nanos,
      Predicate<String> shopExists,
      Function<Rule, String> form,
      Consumer<Rule> log) {
    this.table = table;
    this.fallbacks = fallbacks;
    this.localKill = localKill;
    this.store = new ToggleStore(table, clock, shopExists, form, log.andThen(this::tell));
    this.observations = new Observations(store::rule, clock, nanos);
    this.explanation = new Explanation(fallbacks);
    PercentStrategy strategy = new PercentStrategy(localKill::on, fallbacks::recent);
    this.features = new Toggles(store, localKill, strategy, new NoOpUserProvider());
  }

  /** The transport that this client should use now, as decided by the feature manager. */
  public TransportChoice choose(Client client) {
    return features.choose(new ClientUser(client));
  }

  /**
   * Like {@link #choose}, but with the rule that decided; throws {@code unavailable} if none was
   * ever read.
   */
  public Decision decide(Client client) {
    return features
        .decide(new ClientUser(client))
        .orElseThrow(() -> new ChatException(Problem.UNAVAILABLE));
  }

  /** Whether WebSocket is served at all. */
  public boolean serving() {
    Rule rule = store.rule();
    return rule != null && rule.enabled() && !rule.killed() && !localKill.on();
  }

  /** Whether only this node was killed. */
  public boolean locallyKilled() {
    return localKill.on();
  }

  /** The rule in force; throws {@code unavailable} if none was ever read. */
  public Rule rule() {
    Rule rule = store.rule();
    if (rule == null) {
      throw new ChatException(Problem.UNAVAILABLE);
    }
    return rule;
  }

  /** The Togglz feature manager, which makes the decisions and through which Togglz tools write. */
  public Toggles features() {
    return features;
  }

  public ToggleStore store() {
    return store;
  }

  /** This node's observations of the two arms. */
  public Observations observations() {
    return observations;
  }

  public Fallbacks fallbacks() {
    return fallbacks;
  }

  /**
   * Checks whether this node was killed locally; call it every second. Does not use the database,
   * so that it works when nothing else does. Blocks for disk access.
   */
  public void lookLocally() {
    if (localKill.look()) {
      LOG.warn("rollout: this node is {}", localKill.on() ? "killed locally" : "back");
      Rule rule = store.rule();
      if (rule != null) {
        tell(rule);
      }
    }
  }

  /** Reads the state again; call it every second. Blocks for the database. */
  public void refresh() {
    store.refresh();
  }

  /**
   * Registers a watcher of new rules. It is called on the thread that read the rule and must not
   * block.
   */
  public void watch(Consumer<Rule> watcher) {
    watchers.add(watcher);
  }

  /** Changes the rule. Throws {@code stale_revision}, {@code bad_parameter}. */
  public Rule change(Change change, long revision, String actor) {
    return store.change(change, revision, actor, "CHANGE", null);
  }

  /** Moves everyone to polling at once, whatever the revision. */
  public Rule kill(String reason, String actor) {
    return store.change(Change.because(reason).killed(true), null, actor, "KILL", null);
  }

  /**
   * Lifts the kill at the given percentage; the old one is never restored implicitly. Throws {@code
   * stale_revision}.
   */
  public Rule unkill(String reason, int basisPoints, long revision, String actor) {
    Change change = Change.because(reason).killed(false).basisPoints(basisPoints);
    return store.change(change, revision, actor, "UNKILL", null);
  }

  /** Installs a plan or moves it. Throws {@code stale_revision}, {@code bad_parameter}. */
  public Rule plan(Change change, long revision, String actor, String action) {
    return store.change(change, revision, actor, action, null);
  }

  /** Records a refused action in the audit log. */
  public void refused(String actor, String action, String reason, String why) {
    store.refused(actor, action, reason, why);
  }

  /** Audit entries with seq below {@code before}, newest first. */
  public List<Audited> audit(long before, int limit) {
    return table.entries(before, limit);
  }

  /** Verifies the whole audit log. Blocks. */
  public AuditLog.Chain verifyAudit() {
    return AuditLog.verify(table);
  }

  /** Explains in one sentence why this client uses its transport. */
  public Sentence sentence(Client client, Decision decision) {
    return explanation.of(client, decision.choice(), decision.rule(), localKill.on());
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
