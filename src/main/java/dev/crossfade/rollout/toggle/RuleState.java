package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Rule;
import org.togglz.core.Feature;
import org.togglz.core.repository.FeatureState;

/**
 * A rule as a feature state. It keeps the rule alongside Togglz' text parameters, so that a
 * decision parses nothing. Immutable and shared by all decisions; use {@link #copy} to change and
 * write it.
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

  /** The rule in {@code state}; throws IllegalArgumentException for malformed parameters. */
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
