package dev.crossfade.rollout.rule;

/** The client for which a transport is chosen; a property is null if the client did not send it. */
public record Client(String clientId, String shopId, String version, String platform) {

  public Client(String clientId, String shopId) {
    this(clientId, shopId, null, null);
  }
}
