package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Client;
import org.togglz.core.user.FeatureUser;

/**
 * A client as a Togglz user: its name is the client's id, and shop, version and platform are
 * attributes. It is passed to each decision instead of being bound to a thread.
 */
public record ClientUser(Client client) implements FeatureUser {

  public static final String SHOP = "shop";
  public static final String VERSION = "version";
  public static final String PLATFORM = "platform";

  /** A Togglz user as a client; null is a client without an id, which polls. */
  static Client client(FeatureUser user) {
    if (user instanceof ClientUser known) {
      return known.client();
    }
    return user == null
        ? new Client(null, null)
        : new Client(user.getName(), text(user, SHOP), text(user, VERSION), text(user, PLATFORM));
  }

  @Override
  public String getName() {
    return client.clientId();
  }

  /** False: a client may not change a feature. */
  @Override
  public boolean isFeatureAdmin() {
    return false;
  }

  @Override
  public Object getAttribute(String name) {
    return switch (name) {
      case SHOP -> client.shopId();
      case VERSION -> client.version();
      case PLATFORM -> client.platform();
      default -> null;
    };
  }

  private static String text(FeatureUser user, String attribute) {
    Object value = user.getAttribute(attribute);
    return value == null ? null : value.toString();
  }
}
