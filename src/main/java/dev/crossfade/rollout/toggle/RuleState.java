package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Rule;
import org.togglz.core.Feature;
import org.togglz.core.repository.FeatureState;

/**
 * A rule as the state of a feature. Togglz keeps texts; this keeps the rule that they were made of
 * too, so that a decision parses nothing. Immutable, and therefore shared by all decisions: {@link
 * #copy} is what can be changed and written.
 */
final class RuleState extends FeatureState {

  private static final long serialVersionUID = 1;

  private final transient Rule rule;

  RuleState(Feature feature, String strategyId, Rule rule) {
    super(feature, rule.enabled());
    this.rule = rule;
    super.setStrategyId(strategyId);
    RuleParameters.of(rule).forEach(super::setParameter);
  }

  /**
   * The rule in {@code state}; throws IllegalArgumentException for parameters that are not ours.
   */
  static Rule rule(FeatureState state) {
    return state instanceof RuleState known && known.rule != null
        ? known.rule
        : RuleParameters.rule(state.isEnabled(), state.getParameterMap());
  }

  @Override
  public FeatureState setEnabled(boolean enabled) {
    throw shared();
  }

  @Override
  public FeatureState setStrategyId(String strategyId) {
    throw shared();
  }

  @Override
  public FeatureState setParameter(String name, String value) {
    throw shared();
  }

  private static UnsupportedOperationException shared() {
    return new UnsupportedOperationException("this state is shared; change a copy() of it");
  }
}
