package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Rule;
import org.togglz.core.Feature;
import org.togglz.core.annotation.ActivationParameter;
import org.togglz.core.annotation.DefaultActivationStrategy;
import org.togglz.core.annotation.Label;

/**
 * The features that operators can switch. None is enabled by default, so clients poll when no state
 * is known. All are views of one stored {@link Rule} with one revision and cannot contradict each
 * other.
 */
public enum CrossfadeFeature implements Feature {
  @Label("WebSocket transport")
  @DefaultActivationStrategy(
      id = PercentStrategy.ID,
      parameters = {
        @ActivationParameter(name = RuleParameters.PERCENTAGE, value = "0"),
        @ActivationParameter(name = RuleParameters.SALT, value = Rule.FIRST_SALT)
      })
  WEBSOCKET,

  /**
   * When on, everyone polls. Lifting it requires a percentage and is not possible through Togglz.
   */
  @Label("Kill switch: everybody polls")
  KILL,

  /**
   * Applies to this node only; set by file, system property or JMX. Togglz shows it but cannot
   * change it.
   */
  @Label("Kill switch of this node")
  LOCAL_KILL,

  @Label("The gate only says what it would do")
  GATE_WATCH_ONLY
}
