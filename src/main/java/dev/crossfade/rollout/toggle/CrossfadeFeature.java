package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Rule;
import org.togglz.core.Feature;
import org.togglz.core.annotation.ActivationParameter;
import org.togglz.core.annotation.DefaultActivationStrategy;
import org.togglz.core.annotation.Label;

/** The toggles of this product. Not enabled by default: where nothing is known, clients poll. */
public enum CrossfadeFeature implements Feature {
  @Label("WebSocket transport")
  @DefaultActivationStrategy(
      id = PercentStrategy.ID,
      parameters = {
        @ActivationParameter(name = "percentage", value = "0"),
        @ActivationParameter(name = "salt", value = Rule.FIRST_SALT)
      })
  WEBSOCKET
}
