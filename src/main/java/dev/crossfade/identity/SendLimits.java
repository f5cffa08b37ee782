package dev.crossfade.identity;

import dev.crossfade.model.Caller;

/**
 * How often one user, one shop and one address may send; both carriers ask here. Does not block.
 * Safe for many threads.
 */
public final class SendLimits {

  private final RateLimit users;
  private final RateLimit shops;
  private final RateLimit addresses;

  /** Each a number a minute. */
  public SendLimits(int perUser, int perShop, int perAddress) {
    users = new RateLimit(perUser);
    shops = new RateLimit(perShop);
    addresses = new RateLimit(perAddress);
  }

  /** Throws {@code rate_limited} with {@code retry_after} in seconds; nothing was sent then. */
  public void take(Caller caller, String address) {
    users.take(caller.key());
    shops.take(caller.shopId());
    addresses.take(address);
  }
}
