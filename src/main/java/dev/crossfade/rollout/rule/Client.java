package dev.crossfade.rollout.rule;

/** Whom a transport is chosen for; each may be null where the client did not say. */
public record Client(String clientId, String shopId, String version, String platform) {

  public Client(String clientId, String shopId) {
    this(clientId, shopId, null, null);
  }
}
