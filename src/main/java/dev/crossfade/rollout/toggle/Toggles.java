package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Decision;
import dev.crossfade.rollout.rule.TransportChoice;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.togglz.core.Feature;
import org.togglz.core.context.ContextClassLoaderFeatureManagerProvider;
import org.togglz.core.context.FeatureContext;
import org.togglz.core.manager.FeatureManager;
import org.togglz.core.manager.FeatureManagerBuilder;
import org.togglz.core.metadata.FeatureMetaData;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.spi.ActivationStrategy;
import org.togglz.core.user.FeatureUser;
import org.togglz.core.user.SingleUserProvider;
import org.togglz.core.user.UserProvider;

/**
 * Togglz' feature manager of this application. Every decision is made here, by the state and the
 * strategy that Togglz' own tools show, for a user who is handed in: Togglz' thread-bound users
 * leak class loaders and do not exist on a socket's thread. Decisions do not block; writes block
 * for the database. Safe for many threads.
 */
public final class Toggles implements FeatureManager {

  /** The actor of a write by nobody in particular. */
  private static final String NOBODY = "togglz";

  private final ToggleStore store;
  private final LocalKill localKill;
  private final PercentStrategy strategy;
  private final TogglzStates states;
  private final FeatureManager togglz;

  /**
   * @param users whom {@link #isActive(Feature)} asks for and writes are audited for; may answer
   *     null
   */
  public Toggles(
      ToggleStore store, LocalKill localKill, PercentStrategy strategy, UserProvider users) {
    this.store = store;
    this.localKill = localKill;
    this.strategy = strategy;
    this.states = new TogglzStates(store, localKill, () -> actor(users.getCurrentUser()));
    List<ActivationStrategy> ours = List.of(strategy);
    this.togglz =
        new FeatureManagerBuilder()
            .name("crossfade")
            .featureEnum(CrossfadeFeature.class)
            .stateRepository(states)
            // Ours only: a tool must not offer a strategy that would be refused.
            .activationStrategyProvider(() -> ours)
            .userProvider(users)
            .build();
  }

  /** Which transport {@code user} should use now, and why. {@link #isActive} says the same. */
  public TransportChoice choose(FeatureUser user) {
    return strategy.choose(states.getFeatureState(CrossfadeFeature.WEBSOCKET), user);
  }

  /** The same with the rule that chose; empty where none was ever known. */
  public Optional<Decision> decide(FeatureUser user) {
    FeatureState state = states.getFeatureState(CrossfadeFeature.WEBSOCKET);
    return Optional.ofNullable(state)
        .map(known -> new Decision(RuleState.rule(known), strategy.choose(known, user)));
  }

  /** The same features, asked and written by {@code user}. */
  public FeatureManager as(FeatureUser user) {
    return new Toggles(store, localKill, strategy, new SingleUserProvider(user));
  }

  /**
   * Lets {@link FeatureContext} find this in the application of the calling thread (its context
   * class loader) until the answer is closed, by a thread of the same application.
   */
  public AutoCloseable publish() {
    ContextClassLoaderFeatureManagerProvider.bind(this);
    return () -> {
      ContextClassLoaderFeatureManagerProvider.release();
      FeatureContext.clearCache();
    };
  }

  @Override
  public String getName() {
    return togglz.getName();
  }

  @Override
  public Set<Feature> getFeatures() {
    return togglz.getFeatures();
  }

  @Override
  public FeatureMetaData getMetaData(Feature feature) {
    return togglz.getMetaData(feature);
  }

  @Override
  public boolean isActive(Feature feature) {
    return togglz.isActive(feature);
  }

  @Override
  public FeatureUser getCurrentFeatureUser() {
    return togglz.getCurrentFeatureUser();
  }

  /** A copy, which may be changed and written. */
  @Override
  public FeatureState getFeatureState(Feature feature) {
    return togglz.getFeatureState(feature).copy();
  }

  /** Carries it out in full or throws IllegalArgumentException with the reason. Blocks. */
  @Override
  public void setFeatureState(FeatureState state) {
    togglz.setFeatureState(state);
  }

  @Override
  public List<ActivationStrategy> getActivationStrategies() {
    return togglz.getActivationStrategies();
  }

  /** Flips the flag; Togglz' own would replace the whole state, and then mean everybody. */
  @Override
  public void enable(Feature feature) {
    flip(feature, true);
  }

  @Override
  public void disable(Feature feature) {
    flip(feature, false);
  }

  private void flip(Feature feature, boolean enabled) {
    FeatureState flag = new FeatureState(feature, enabled);
    setFeatureState(
        feature == CrossfadeFeature.WEBSOCKET ? flag.setStrategyId(PercentStrategy.ID) : flag);
  }

  private static String actor(FeatureUser user) {
    return user == null || user.getName() == null ? NOBODY : user.getName();
  }
}
