package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Rule;
import org.togglz.core.Feature;
import org.togglz.core.annotation.ActivationParameter;
import org.togglz.core.annotation.DefaultActivationStrategy;
import org.togglz.core.annotation.Label;

/**
 * What ops can switch. None is enabled by default: where nothing is known, clients poll. All are
 * views of one stored {@link Rule} with one revision, so that no two of them can contradict each
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

  /** On: everybody polls. It is lifted with a percentage, so not through Togglz. */
  @Label("Kill switch: everybody polls")
  KILL,

  /** Of this node alone, by file, system property or JMX; Togglz shows it and cannot write it. */
  @Label("Kill switch of this node")
  LOCAL_KILL,

  @Label("The gate only says what it would do")
  GATE_WATCH_ONLY
}
