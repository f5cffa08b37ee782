package dev.crossfade.rollout.rule;

import static dev.crossfade.rollout.rule.TransportChoice.polling;
import static dev.crossfade.rollout.rule.TransportChoice.websocket;

import dev.crossfade.rollout.rule.TransportChoice.Reason;
import java.util.Set;

/**
 * Chooses the transport of a client: rules are tried in order and the first match decides. Pure.
 */
public final class TransportChooser {

  private TransportChooser() {}

  /**
   * @param rule null if none was ever read; then everyone polls
   * @param fellBack whether WebSocket recently failed for this client
   */
  public static TransportChoice choose(Rule rule, Client client, boolean fellBack) {
    if (rule == null) {
      return polling(Reason.DISABLED, -1);
    }
    int bucket = bucket(rule, client);
    if (!rule.enabled()) {
      return polling(Reason.DISABLED, bucket);
    }
    if (rule.killed()) {
      return polling(Reason.KILLED, bucket);
    }
    if (contains(rule.denyShops(), client.shopId())
        || contains(rule.denyClients(), client.clientId())) {
      return polling(Reason.DENIED, bucket);
    }
    if (bucket < 0) {
      return polling(Reason.NO_ID, bucket);
    }
    boolean allowed =
        contains(rule.allowShops(), client.shopId())
            || contains(rule.allowClients(), client.clientId());
    if (!allowed && !rule.cohort().includes(client)) {
      return polling(Reason.OUT_OF_COHORT, bucket);
    }
    // Raising the percentage only adds buckets, so nobody is moved off WebSocket.
    if (!allowed && bucket >= rule.basisPoints()) {
      return polling(Reason.OUT_OF_PERCENT, bucket);
    }
    if (fellBack) {
      return polling(Reason.RECENT_FALLBACK, bucket);
    }
    return websocket(allowed ? Reason.ALLOWED : Reason.IN_PERCENT, bucket);
  }

  public static int bucket(Rule rule, Client client) {
    String id = rule.bucketBy().equals(Rule.BY_SHOP) ? client.shopId() : client.clientId();
    return id == null ? -1 : Buckets.bucket(rule.salt(), id);
  }

  private static boolean contains(Set<String> ids, String id) {
    return id != null && ids.contains(id);
  }
}
