package dev.crossfade.rollout.toggle;

import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChooser;
import java.util.List;
import org.togglz.core.activation.Parameter;
import org.togglz.core.activation.ParameterBuilder;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.spi.ActivationStrategy;
import org.togglz.core.user.FeatureUser;

/**
 * The percentage rule as a Togglz strategy. Every field is a declared parameter, because Togglz
 * drops undeclared ones when a state is written anew.
 */
public final class PercentStrategy implements ActivationStrategy {

  public static final String ID = "crossfade-percent";

  /** The attribute of a FeatureUser that names its shop. */
  public static final String SHOP = "shop";

  /** The attributes that a cohort asks for. */
  public static final String VERSION = "version";

  public static final String PLATFORM = "platform";

  @Override
  public String getId() {
    return ID;
  }

  @Override
  public String getName() {
    return "Percentage of clients, sticky and monotone";
  }

  /** {@code user} is the client; null has no id and polls. */
  @Override
  public boolean isActive(FeatureState state, FeatureUser user) {
    Object shop = user == null ? null : user.getAttribute(SHOP);
    Object version = user == null ? null : user.getAttribute(VERSION);
    Object platform = user == null ? null : user.getAttribute(PLATFORM);
    String id = user == null ? null : user.getName();
    Client client = new Client(id, (String) shop, (String) version, (String) platform);
    Rule rule = RuleParameters.rule(state.isEnabled(), state.getParameterMap());
    return TransportChooser.choose(rule, client, false).transport() == Transport.WEBSOCKET;
  }

  @Override
  public Parameter[] getParameters() {
    return List.of(
            parameter("percentage", "Percentage", "0 to 100 in steps of 0.01"),
            parameter("salt", "Salt", "Another salt puts every client into another bucket"),
            parameter("bucketBy", "Bucket by", "client or shop"),
            parameter("allowShops", "Allowed shops", "Always WebSocket; ids with commas"),
            parameter("allowClients", "Allowed clients", "Always WebSocket; ids with commas"),
            parameter("denyShops", "Denied shops", "Never WebSocket; stronger than allowed"),
            parameter("denyClients", "Denied clients", "Never WebSocket; stronger than allowed"),
            parameter("cohort", "Cohort", "Such as version>=4.2;platform=web; empty is everyone"),
            parameter("ceiling", "Ceiling", "The percentage never exceeds it"),
            parameter("watchOnly", "Watch only", "true: the gate only says what it would do"),
            parameter("plan", "Plan", "name;percentage/minutes/clients[/approve];..."),
            parameter("stage", "Stage", "Index of the stage that stands, -1 before the first"),
            parameter("planState", "State of the plan", "Such as RUNNING"),
            parameter("planSince", "Since", "When stage or state changed last"),
            parameter("stepBacks", "Step backs", "How often the gate took the plan back"),
            parameter("line", "Line", "The revision that moved the percentage last"),
            parameter("killed", "Killed", "true: everybody polls"),
            parameter("revision", "Revision", "Counts every change"),
            parameter("reason", "Reason", "Why it was changed last"),
            parameter("updatedBy", "Changed by", "Who changed it last"),
            parameter("updatedAt", "Changed at", "When it was changed last"))
        .toArray(Parameter[]::new);
  }

  private static Parameter parameter(String name, String label, String description) {
    return ParameterBuilder.create(name).label(label).description(description).optional();
  }
}
