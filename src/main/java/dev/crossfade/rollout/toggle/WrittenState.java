package dev.crossfade.rollout.toggle;

import static dev.crossfade.rollout.toggle.RuleParameters.ALLOW_CLIENTS;
import static dev.crossfade.rollout.toggle.RuleParameters.ALLOW_SHOPS;
import static dev.crossfade.rollout.toggle.RuleParameters.BUCKET_BY;
import static dev.crossfade.rollout.toggle.RuleParameters.CEILING;
import static dev.crossfade.rollout.toggle.RuleParameters.COHORT;
import static dev.crossfade.rollout.toggle.RuleParameters.DENY_CLIENTS;
import static dev.crossfade.rollout.toggle.RuleParameters.DENY_SHOPS;
import static dev.crossfade.rollout.toggle.RuleParameters.PERCENTAGE;
import static dev.crossfade.rollout.toggle.RuleParameters.PLAN;
import static dev.crossfade.rollout.toggle.RuleParameters.REASON;
import static dev.crossfade.rollout.toggle.RuleParameters.REVISION;
import static dev.crossfade.rollout.toggle.RuleParameters.SALT;

import dev.crossfade.model.ChatException;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Rule;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.togglz.core.activation.Parameter;
import org.togglz.core.repository.FeatureState;

/**
 * A state written through Togglz, translated into a change of the rule.
 *
 * <p>A state with a revision is taken as a whole, as the Togglz console sends it: absent parameters
 * were emptied there, and an outdated revision is refused. A state without one was made by hand:
 * absent parameters keep their values, because setting a percentage must not lift the exclusion of
 * a shop.
 *
 * @param change null if nothing differs
 * @param expected the revision it is based on; null for the current one
 */
record WrittenState(Change change, String action, Long expected) {

  private static final String DEFAULT_REASON = "through Togglz";
  private static final WrittenState NOTHING = new WrittenState(null, null, null);

  /**
   * Translates a state; throws IllegalArgumentException or {@code bad_parameter} if it cannot be
   * applied.
   */
  static WrittenState of(FeatureState state, Rule now, boolean killedHere) {
    if (!(state.getFeature() instanceof CrossfadeFeature)) {
      throw new IllegalArgumentException("There is no feature " + state.getFeature().name() + ".");
    }
    CrossfadeFeature feature = (CrossfadeFeature) state.getFeature();
    if (feature != CrossfadeFeature.WEBSOCKET) {
      onOrOff(state);
    }
    return switch (feature) {
      case WEBSOCKET -> websocket(state, now);
      case KILL -> kill(state.isEnabled(), now);
      case LOCAL_KILL -> localKill(state.isEnabled(), killedHere);
      case GATE_WATCH_ONLY ->
          new WrittenState(
              Change.because(DEFAULT_REASON).watchOnly(state.isEnabled()), "CHANGE", null);
    };
  }

  // ---- switches

  private static void onOrOff(FeatureState state) {
    if (!blank(state.getStrategyId()) || !state.getParameterMap().isEmpty()) {
      throw new IllegalArgumentException(
          state.getFeature().name() + " is on or off for everybody; it has no strategy.");
    }
  }

  private static WrittenState kill(boolean on, Rule now) {
    if (on) {
      return new WrittenState(Change.because(DEFAULT_REASON).killed(true), "KILL", null);
    }
    if (now.killed()) {
      throw new IllegalArgumentException(
          "Lifting a kill requires a percentage; the old one is never restored implicitly:"
              + " POST api/rollout/unkill.");
    }
    return NOTHING;
  }

  private static WrittenState localKill(boolean on, boolean killedHere) {
    if (on != killedHere) {
      throw new IllegalArgumentException(
          "The kill of one node is set on that node: by file, system property or JMX.");
    }
    return NOTHING;
  }

  // ---- the rule

  private static WrittenState websocket(FeatureState state, Rule now) {
    Map<String, String> written = state.getParameterMap();
    if (!PercentStrategy.ID.equals(state.getStrategyId())
        && (state.isEnabled() || !blank(state.getStrategyId()) || !written.isEmpty())) {
      throw new IllegalArgumentException(
          "WEBSOCKET without the strategy " + PercentStrategy.ID + " would enable everybody.");
    }
    Long expected = null;
    if (written.containsKey(REVISION)) {
      expected = number(written.get(REVISION));
      if (expected != now.revision()) {
        // Based on another revision, so there is nothing to compare: the store refuses it as
        // outdated.
        return new WrittenState(Change.because(DEFAULT_REASON), "CHANGE", expected);
      }
    }
    Map<String, String> asked = asked(written, RuleParameters.of(now), expected != null);
    String reason = asked.remove(REASON);
    boolean flag = expected == null || state.isEnabled() != now.enabled();
    if (asked.isEmpty() && !flag) {
      return NOTHING;
    }
    Change change = change(asked, blank(reason) ? DEFAULT_REASON : reason);
    String onlyFlag = state.isEnabled() ? "ENABLE" : "DISABLE";
    return new WrittenState(
        change.enabled(flag ? state.isEnabled() : null),
        asked.isEmpty() ? onlyFlag : "CHANGE",
        expected);
  }

  /**
   * The parameters to write, by name.
   *
   * @param whole whether absent parameters were emptied and unchanged ones are to be ignored
   */
  private static Map<String, String> asked(
      Map<String, String> written, Map<String, String> now, boolean whole) {
    Map<String, String> asked = new HashMap<>(written);
    for (Parameter declared : RuleParameters.declared()) {
      String name = declared.getName();
      if (whole) {
        asked.putIfAbsent(name, "");
      }
      boolean differs = asked.containsKey(name) && !asked.get(name).equals(now.get(name));
      if (differs && RuleParameters.READ_ONLY.contains(name)) {
        throw new IllegalArgumentException("The parameter " + name + " is read only.");
      }
      if (RuleParameters.READ_ONLY.contains(name) || whole && !differs) {
        asked.remove(name);
      }
    }
    asked.remove(REVISION);
    Set<String> unknown = new TreeSet<>(asked.keySet());
    unknown.removeAll(now.keySet());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "There is no parameter " + unknown.iterator().next() + ".");
    }
    return asked;
  }

  private static Change change(Map<String, String> asked, String reason) {
    return Change.because(reason)
        .basisPoints(points(asked, PERCENTAGE))
        .salt(asked.get(SALT))
        .bucketBy(asked.get(BUCKET_BY))
        .allow(ids(asked, ALLOW_SHOPS), ids(asked, ALLOW_CLIENTS))
        .deny(ids(asked, DENY_SHOPS), ids(asked, DENY_CLIENTS))
        .cohort(asked.get(COHORT))
        .ceiling(points(asked, CEILING))
        .plan(asked.containsKey(PLAN) ? Plan.named(asked.get(PLAN)) : null);
  }

  private static Integer points(Map<String, String> asked, String name) {
    return asked.containsKey(name) ? RuleParameters.basisPoints(name, asked.get(name)) : null;
  }

  private static Set<String> ids(Map<String, String> asked, String name) {
    return asked.containsKey(name) ? RuleParameters.split(asked.get(name)) : null;
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notANumber) {
      throw ChatException.badParameter(REVISION);
    }
  }

  private static boolean blank(String text) {
    return text == null || text.isBlank();
  }
}
