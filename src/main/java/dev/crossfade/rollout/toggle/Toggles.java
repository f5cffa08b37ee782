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
 * This application's Togglz feature manager. It makes every decision, from the state and strategy
 * that Togglz tools show. The user is passed in, because Togglz' thread-bound users leak class
 * loaders and do not exist on a socket's thread. Decisions do not block; writes block for the
 * database. Thread-safe.
 */
public final class Toggles implements FeatureManager {

  /** The actor of a write without a user. */
  private static final String NOBODY = "togglz";

  private final ToggleStore store;
  private final LocalKill localKill;
  private final PercentStrategy strategy;
  private final TogglzStates states;
  private final FeatureManager togglz;

  /**
   * @param users supplies the user for {@link #isActive(Feature)} and for the audit log; may return
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
            // Only ours: a tool must not offer a strategy that would be refused.
            .activationStrategyProvider(() -> ours)
            .userProvider(users)
            .build();
  }

  /** The transport that {@code user} should use now, and why. Consistent with {@link #isActive}. */
  public TransportChoice choose(FeatureUser user) {
    return strategy.choose(states.getFeatureState(CrossfadeFeature.WEBSOCKET), user);
  }

  /** Like {@link #choose}, but with the rule that decided; empty if none was ever read. */
  public Optional<Decision> decide(FeatureUser user) {
    FeatureState state = states.getFeatureState(CrossfadeFeature.WEBSOCKET);
    return Optional.ofNullable(state)
        .map(known -> new Decision(RuleState.rule(known), strategy.choose(known, user)));
  }

  /** The same features, read and written as {@code user}. */
  public FeatureManager as(FeatureUser user) {
    return new Toggles(store, localKill, strategy, new SingleUserProvider(user));
  }

  /**
   * Lets {@link FeatureContext} find this manager through the calling thread's context class loader
   * until the result is closed, by a thread of the same application.
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

  /** Returns a copy, which may be changed and written. */
  @Override
  public FeatureState getFeatureState(Feature feature) {
    return togglz.getFeatureState(feature).copy();
  }

  /** Applies the state completely or throws IllegalArgumentException with the reason. Blocks. */
  @Override
  public void setFeatureState(FeatureState state) {
    togglz.setFeatureState(state);
  }

  @Override
  public List<ActivationStrategy> getActivationStrategies() {
    return togglz.getActivationStrategies();
  }

  /**
   * Flips only the flag; the default implementation would replace the whole state and so enable
   * everyone.
   */
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
