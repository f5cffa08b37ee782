package dev.crossfade.rollout.toggle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.store.ToggleTable.Stored;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.togglz.core.Feature;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.repository.StateRepository;

/**
 * Where Togglz keeps the state. Reads come from the last known good copy in memory, which {@link
 * #refresh} renews: a decision costs no query and survives the database. Writes are compare-and-set
 * on the revision and audited in the same transaction. Safe for many threads.
 *
 * <p>Togglz' own caching repository is not used: it may keep the old state for ever when a kill
 * races with a reload, and throws when the database is down.
 */
public final class ToggleStore implements StateRepository {

  private static final Logger LOG = LoggerFactory.getLogger(ToggleStore.class);

  /** Who changes the rule where no person does. */
  private static final String GATE = "gate";

  private static final String FEATURE = CrossfadeFeature.WEBSOCKET.name();

  /**
   * Seldom used, and its default would keep buffers, and this class loader, in Tomcat's threads.
   */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build())
          .build();

  private static final TypeReference<TreeMap<String, String>> PARAMETERS = new TypeReference<>() {};

  private final ToggleTable table;
  private final Clock clock;
  private final Consumer<Rule> changed;
  private volatile Rule rule;

  /** {@code changed} hears of each new revision once, on the thread that learnt of it. */
  public ToggleStore(ToggleTable table, Clock clock, Consumer<Rule> changed) {
    this.table = table;
    this.clock = clock;
    this.changed = changed;
  }

  /** The last known good rule; null where none was ever read. */
  public Rule rule() {
    return rule;
  }

  /** Reads the state anew; keeps what is known where the database does not answer. Blocks. */
  public void refresh() {
    try {
      Rule stored = table.find(FEATURE).map(ToggleStore::rule).orElseGet(this::install);
      accept(stored);
    } catch (ChatException | IllegalArgumentException unavailable) {
      LOG.debug("toggle not refreshed: {}", unavailable.getMessage());
    }
  }

  /**
   * Changes the rule and says so in the audit log. Blocks.
   *
   * @param expected the revision that the change was made for; null: whichever stands now
   * @param evidence JSON that a verdict rests on; else null
   * @throws ChatException {@code stale_revision} with the current {@code revision}
   */
  public Rule change(Change change, Long expected, String actor, String action, String evidence) {
    Rule before = table.find(FEATURE).map(ToggleStore::rule).orElseGet(this::install);
    if (expected != null && expected != before.revision()) {
      throw stale(before, change, actor, action);
    }
    Instant now = now();
    Rule after = before.change(change, before.revision() + 1, actor, now);
    Audited entry = entry(now, actor, action, before, after, change.reason(), null, evidence);
    if (!table.replace(before.revision(), stored(after), entry, AuditLog::sealed)) {
      refresh();
      if (expected == null) {
        // A kill must not lose a race against a slider.
        return change(change, null, actor, action, evidence);
      }
      throw stale(rule, change, actor, action);
    }
    accept(after);
    return after;
  }

  /** What the gate decided, with what it rests on. Blocks. Throws {@code stale_revision}. */
  public Rule decided(Change change, long revision, String action, String evidence) {
    return change(change.byMachine(), revision, GATE, action, evidence);
  }

  /** Notes an action that was refused. Blocks. */
  public void refused(String actor, String action, String reason, String why) {
    table.audit(entry(now(), actor, action, rule, null, reason, why, null), AuditLog::sealed);
  }

  /** Togglz reads here; a copy, since feature states are mutable. Null where nothing is known. */
  @Override
  public FeatureState getFeatureState(Feature feature) {
    Rule known = rule;
    return known != null && feature.name().equals(FEATURE) ? state(known) : null;
  }

  /**
   * Togglz writes here. Only the flag is taken, so that Togglz' enable and disable, which replace
   * the whole state, cannot lose the percentage (and then mean everybody).
   */
  @Override
  public void setFeatureState(FeatureState state) {
    Change flag = Change.because("through Togglz").enabled(state.isEnabled());
    change(flag, null, "togglz", state.isEnabled() ? "ENABLE" : "DISABLE", null);
  }

  private ChatException stale(Rule current, Change change, String actor, String action) {
    ChatException stale =
        new ChatException(Problem.STALE_REVISION).with("revision", current.revision());
    if (!change.machine()) {
      // Two nodes that come to the same verdict are no attempt that anyone needs to know of.
      refused(actor, action, change.reason(), stale.problem().code());
    }
    return stale;
  }

  /** Only ever forward: a slow read must not undo a kill that was written meanwhile. */
  private synchronized void accept(Rule fresh) {
    if (rule == null || fresh.revision() > rule.revision()) {
      rule = fresh;
      changed.accept(fresh);
    }
  }

  private Rule install() {
    Rule installed = Rule.first(now());
    Audited entry =
        entry(
            now(),
            installed.updatedBy(),
            "INSTALL",
            null,
            installed,
            installed.reason(),
            null,
            null);
    if (table.replace(0, stored(installed), entry, AuditLog::sealed)) {
      return installed;
    }
    return table.find(FEATURE).map(ToggleStore::rule).orElseThrow();
  }

  private static Audited entry(
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

  private static String json(Rule rule) {
    return rule == null ? null : rule.json();
  }

  private static Stored stored(Rule rule) {
    String parameters = write(RuleParameters.of(rule));
    return new Stored(FEATURE, rule.enabled(), PercentStrategy.ID, parameters, rule.revision());
  }

  private static Rule rule(Stored stored) {
    try {
      Map<String, String> parameters = MAPPER.readValue(stored.parameters(), PARAMETERS);
      return RuleParameters.rule(stored.enabled(), parameters);
    } catch (JsonProcessingException damaged) {
      throw new IllegalArgumentException("the stored toggle is not readable", damaged);
    }
  }

  private static FeatureState state(Rule rule) {
    FeatureState state = new FeatureState(CrossfadeFeature.WEBSOCKET, rule.enabled());
    state.setStrategyId(PercentStrategy.ID);
    RuleParameters.of(rule).forEach(state::setParameter);
    return state;
  }

  private static String write(Map<String, String> map) {
    try {
      return MAPPER.writeValueAsString(map);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings is always JSON", e);
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
