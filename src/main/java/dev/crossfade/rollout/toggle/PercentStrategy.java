package dev.crossfade.rollout.toggle;

import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.rollout.rule.TransportChoice.Reason;
import dev.crossfade.rollout.rule.TransportChooser;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.togglz.core.activation.Parameter;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.spi.ActivationStrategy;
import org.togglz.core.user.FeatureUser;

/**
 * The strategy of the feature {@code WEBSOCKET}: a sticky and monotonic percentage, with lists and
 * a cohort. Never blocks. Thread-safe.
 */
public final class PercentStrategy implements ActivationStrategy {

  public static final String ID = "crossfade-percent";

  private final BooleanSupplier killedHere;
  private final Predicate<String> fellBack;

  /**
   * @param killedHere whether only this node was killed
   * @param fellBack whether WebSocket recently failed for the client with this id, which may be
   *     null
   */
  public PercentStrategy(BooleanSupplier killedHere, Predicate<String> fellBack) {
    this.killedHere = killedHere;
    this.fellBack = fellBack;
  }

  @Override
  public String getId() {
    return ID;
  }

  @Override
  public String getName() {
    return "Percentage of clients, sticky and monotone";
  }

  @Override
  public Parameter[] getParameters() {
    return RuleParameters.declared().toArray(Parameter[]::new);
  }

  /** {@link #choose}, as called by Togglz. */
  @Override
  public boolean isActive(FeatureState state, FeatureUser user) {
    return choose(state, user).transport() == Transport.WEBSOCKET;
  }

  /**
   * Chooses a transport, with its reason.
   *
   * @param state null if none was ever read; then everyone polls
   * @param user the client; see {@link ClientUser}
   */
  TransportChoice choose(FeatureState state, FeatureUser user) {
    Client client = ClientUser.client(user);
    if (state == null) {
      return TransportChooser.choose(null, client, false);
    }
    Rule rule = RuleState.rule(state);
    return killedHere.getAsBoolean()
        ? TransportChoice.polling(Reason.KILLED, TransportChooser.bucket(rule, client))
        : TransportChooser.choose(rule, client, fellBack.test(client.clientId()));
  }
}
