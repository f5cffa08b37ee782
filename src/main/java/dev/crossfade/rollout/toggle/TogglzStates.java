package dev.crossfade.rollout.toggle;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.rule.Rule;
import java.util.function.Supplier;
import org.togglz.core.Feature;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.repository.StateRepository;

/**
 * The state repository of Togglz over the rule in the {@link ToggleStore}. Reads do not block and
 * cost no query; writes block. Thread-safe.
 *
 * <p>Togglz' caching repository is not used, because it may keep the old state forever when a kill
 * races with a reload, and throws when the database is down.
 */
final class TogglzStates implements StateRepository {

  private final ToggleStore store;
  private final LocalKill localKill;
  private final Supplier<String> actor;
  private volatile RuleState websocket;

  /** {@code actor} names the writer for the audit log. */
  TogglzStates(ToggleStore store, LocalKill localKill, Supplier<String> actor) {
    this.store = store;
    this.localKill = localKill;
    this.actor = actor;
  }

  /** Null if no rule was ever read; the state of WEBSOCKET is shared, see {@link RuleState}. */
  @Override
  public FeatureState getFeatureState(Feature feature) {
    Rule rule = store.rule();
    if (rule == null || !(feature instanceof CrossfadeFeature)) {
      return null;
    }
    return switch ((CrossfadeFeature) feature) {
      case WEBSOCKET -> websocket(rule);
      case KILL -> new FeatureState(feature, rule.killed());
      case LOCAL_KILL -> new FeatureState(feature, localKill.on());
      case GATE_WATCH_ONLY -> new FeatureState(feature, rule.watchOnly());
    };
  }

  /**
   * Applies a state completely, as a change of the rule with the usual checks and audit, or throws.
   * Blocks.
   *
   * @throws IllegalArgumentException with the reason, if it cannot be applied
   */
  @Override
  public void setFeatureState(FeatureState state) {
    store.refresh();
    String who = actor.get();
    try {
      Rule now = store.rule();
      if (now == null) {
        throw new ChatException(Problem.UNAVAILABLE);
      }
      WrittenState written = WrittenState.of(state, now, localKill.on());
      if (written.change() != null) {
        store.change(written.change(), written.expected(), who, written.action(), null);
      }
    } catch (IllegalArgumentException refusal) {
      refused(state, who, Problem.BAD_PARAMETER);
      throw refusal;
    } catch (ChatException refusal) {
      if (refusal.problem().badForm()) {
        refused(state, who, refusal.problem());
      } else if (refusal.problem() != Problem.STALE_REVISION) {
        throw refusal;
      }
      throw new IllegalArgumentException(refusal.sentence().en(), refusal);
    }
  }

  private void refused(FeatureState state, String who, Problem problem) {
    String action = state.getFeature() == CrossfadeFeature.KILL ? "KILL" : "CHANGE";
    store.refused(who, action, "through Togglz: " + state.getFeature().name(), problem.code());
  }

  private RuleState websocket(Rule rule) {
    RuleState known = websocket;
    if (known == null || RuleState.rule(known) != rule) {
      known = new RuleState(CrossfadeFeature.WEBSOCKET, PercentStrategy.ID, rule);
      websocket = known;
    }
    return known;
  }
}
