package dev.crossfade.identity;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Network;

/**
 * Rate limits for sending, per user, shop and address, shared by both transports. Does not block.
 * Thread-safe.
 */
public final class SendLimits {

  private final RateLimit users;
  private final RateLimit shops;
  private final RateLimit addresses;

  /** Each limit is per minute. */
  public SendLimits(int perUser, int perShop, int perAddress) {
    users = new RateLimit(perUser);
    shops = new RateLimit(perShop);
    addresses = new RateLimit(perAddress);
  }

  /**
   * Throws {@code rate_limited} with {@code retry_after} in seconds if the message must not be
   * sent.
   */
  public void take(Caller caller, String address) {
    users.take(caller.key());
    shops.take(caller.shopId());
    addresses.take(Network.source(address));
  }
}
