package dev.crossfade.rollout.toggle;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the rule. Reads come from the last known good copy in memory, which {@link #refresh}
 * renews, so a decision costs no query and survives a database outage. Every write is a
 * compare-and-set on the revision, audited in the same transaction. Thread-safe.
 */
public final class ToggleStore {

  private static final Logger LOG = LoggerFactory.getLogger(ToggleStore.class);

  /** The actor of changes made by the gate. */
  private static final String GATE = "gate";

  /** The actor of a kill that a database has forgotten. */
  private static final String NODE = "crossfade";

  private final ToggleTable table;
  private final Clock clock;
  private final Predicate<String> shopExists;
  private final Function<Rule, String> form;
  private final Consumer<Rule> changed;
  private volatile Rule rule;

  /** How often a rule was accepted; guarded by this. */
  private long accepted;

  /** One read at a time: the answers of two could come in the wrong order. */
  private final Object reading = new Object();

  /**
   * @param shopExists whether a shop with this id exists
   * @param form renders a rule as JSON for the audit log
   * @param changed called once for each new revision, on the thread that read it
   */
  public ToggleStore(
      ToggleTable table,
      Clock clock,
      Predicate<String> shopExists,
      Function<Rule, String> form,
      Consumer<Rule> changed) {
    this.table = table;
    this.clock = clock;
    this.shopExists = shopExists;
    this.form = form;
    this.changed = changed;
  }

  /** The last known good rule; null if none was ever read. */
  public Rule rule() {
    return rule;
  }

  /**
   * Reads the state again; keeps the known one if the database does not answer. After a failover or
   * a restore that is an older one, which is in force then, but for a kill: whoever made it must
   * not have to look whether it holds. Blocks.
   */
  public void refresh() {
    try {
      synchronized (reading) {
        long before = acceptedSoFar();
        Rule stored = stored();
        if (!accept(stored, before)) {
          killAgain(stored);
        }
      }
    } catch (ChatException | IllegalArgumentException unavailable) {
      LOG.debug("toggle not refreshed: {}", unavailable.getMessage());
    }
  }

  /**
   * Changes the rule and records it in the audit log. Blocks.
   *
   * @param expected the revision that the change is based on; null for the current one
   * @param evidence the evidence of a verdict as JSON; otherwise null
   * @throws ChatException {@code stale_revision} with the current {@code revision}; {@code
   *     bad_parameter} for a shop that does not exist, or a move that the plan cannot make
   */
  public Rule change(Change change, Long expected, String actor, String action, String evidence) {
    Rule before = stored();
    if (expected != null && expected != before.revision()) {
      throw stale(before, change, actor, action);
    }
    if (!change.machine()) {
      requireShops(change);
    }
    Instant now = now();
    Rule after = before.change(change, before.revision() + 1, actor, now);
    Audited entry = entry(now, actor, action, before, after, change.reason(), null, evidence);
    if (!table.replace(before.revision(), StoredRule.of(after), entry, AuditLog::sealed)) {
      refresh();
      if (expected == null) {
        // A kill must not lose a race against a change of the percentage.
        return change(change, null, actor, action, evidence);
      }
      throw stale(rule, change, actor, action);
    }
    if (!acceptNewer(after)) {
      // Another change overtook this one, or the database has gone back.
      refresh();
    }
    return after;
  }

  /** Applies a decision of the gate with its evidence. Blocks. Throws {@code stale_revision}. */
  public Rule decided(Change change, long revision, String action, String evidence) {
    return change(change.byMachine(), revision, GATE, action, evidence);
  }

  /** Records a refused action. Blocks. */
  public void refused(String actor, String action, String reason, String why) {
    table.audit(entry(now(), actor, action, rule, null, reason, why, null), AuditLog::sealed);
  }

  private void requireShops(Change change) {
    for (String shop : change.shops()) {
      if (!shopExists.test(shop)) {
        throw new ChatException(
            Problem.BAD_PARAMETER,
            "没有商店 " + shop + "。",
            "沒有商店 " + shop + "。",
            "There is no shop " + shop + ".");
      }
    }
  }

  private ChatException stale(Rule current, Change change, String actor, String action) {
    ChatException stale =
        new ChatException(Problem.STALE_REVISION).with("revision", current.revision());
    if (!change.machine()) {
      // Not recorded for the gate, where it only means that two nodes reached the same verdict.
      refused(actor, action, change.reason(), stale.problem().code());
    }
    return stale;
  }

  private synchronized long acceptedSoFar() {
    return accepted;
  }

  private synchronized boolean acceptNewer(Rule changedNow) {
    boolean newer = rule == null || changedNow.revision() > rule.revision();
    if (newer) {
      accept(changedNow);
    }
    return newer;
  }

  /**
   * Accepts what was read, unless a change was accepted since: a slow read must not undo a kill.
   * False if it forgets a kill.
   */
  private synchronized boolean accept(Rule stored, long before) {
    if (accepted != before || stored.equals(rule)) {
      return true;
    }
    if (rule != null && stored.revision() <= rule.revision()) {
      LOG.warn(
          "the stored toggle has gone back from revision {} to {}, as by a failover or a restore",
          rule.revision(),
          stored.revision());
      // Whoever has changed it since the kill has ended the kill on purpose.
      if (rule.killed() && !stored.killed() && !stored.updatedAt().isAfter(rule.updatedAt())) {
        return false;
      }
    }
    accept(stored);
    return true;
  }

  private void accept(Rule fresh) {
    rule = fresh;
    accepted++;
    changed.accept(fresh);
  }

  private void killAgain(Rule stored) {
    Change kill = Change.because("the database went back to before the kill").killed(true);
    change(kill, stored.revision(), NODE, "KILL", null);
  }

  private Rule stored() {
    return table.find(StoredRule.FEATURE).map(StoredRule::rule).orElseGet(this::install);
  }

  private Rule install() {
    Rule first = Rule.first(now());
    Audited entry =
        entry(now(), first.updatedBy(), "INSTALL", null, first, first.reason(), null, null);
    if (table.replace(0, StoredRule.of(first), entry, AuditLog::sealed)) {
      return first;
    }
    return table.find(StoredRule.FEATURE).map(StoredRule::rule).orElseThrow();
  }

  private Audited entry(
      Instant at,
      String actor,
      String action,
      Rule from,
      Rule to,
      String reason,
      String refused,
      String evidence) {
    String before = json(from);
    String after = json(to);
    return new Audited(
        0, at, actor, action, before, after, reason, refused, evidence, ToggleTable.NO_HASH, null);
  }

  private String json(Rule shown) {
    return shown == null ? null : form.apply(shown);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
