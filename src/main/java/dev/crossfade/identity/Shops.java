package dev.crossfade.identity;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Text;
import dev.crossfade.store.ShopStore;
import dev.crossfade.store.ShopStore.Shop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The shops and the origins from which each may be used. Answers come from a copy in memory that
 * {@link #refresh} renews, so they need no query and survive a database outage. Thread-safe.
 */
public final class Shops {

  /** Stands for this server's own origin in a shop's list. */
  public static final String SELF = "self";

  private static final int MAX_ORIGINS = 50;
  private static final int MAX_ORIGIN_CHARS = 200;

  /** scheme://host or scheme://host:port; in development the port may be *. */
  private static final Pattern ORIGIN =
      Pattern.compile("https?://(?:[a-z0-9.-]+|\\[[0-9a-f:]+\\])(?::(?:[0-9]{1,5}|\\*))?");

  private final ShopStore store;
  private volatile Map<String, Shop> shops = Map.of();

  public Shops(ShopStore store) {
    this.store = store;
    refresh();
  }

  /** Reads the shops again. Blocks for a round trip. */
  public void refresh() {
    Map<String, Shop> fresh = new HashMap<>();
    store.all().forEach(shop -> fresh.put(shop.id(), shop));
    shops = Map.copyOf(fresh);
  }

  /** Adds or replaces a shop; throws {@code bad_parameter} for a malformed origin. Blocks. */
  public Shop save(String id, String name, List<String> origins) {
    Text.identifier("shop_id", id);
    if (origins.size() > MAX_ORIGINS) {
      throw ChatException.badParameter("origins");
    }
    for (String origin : origins) {
      boolean fits = origin.length() <= MAX_ORIGIN_CHARS && ORIGIN.matcher(origin).matches();
      if (!fits && !origin.equals(SELF)) {
        throw ChatException.badParameter("origins");
      }
    }
    String label = Text.label("name", name, Text.MAX_NAME_CHARS);
    Shop shop = new Shop(id, label == null ? id : label, List.copyOf(origins));
    store.save(shop);
    refresh();
    return shop;
  }

  public Optional<Shop> find(String id) {
    return Optional.ofNullable(id == null ? null : shops.get(id));
  }

  public List<Shop> all() {
    return new ArrayList<>(shops.values());
  }

  /**
   * Whether a page at {@code origin} may act for this shop.
   *
   * @param shopId null for any shop, because a preflight does not name one
   * @param self the origin by which this server was reached
   */
  public boolean allows(String shopId, String origin, String self) {
    if (shopId == null) {
      return shops.values().stream().anyMatch(shop -> allows(shop, origin, self));
    }
    return find(shopId).filter(shop -> allows(shop, origin, self)).isPresent();
  }

  private static boolean allows(Shop shop, String origin, String self) {
    return shop.origins().stream()
        .anyMatch(allowed -> allowed.equals(SELF) ? origin.equals(self) : matches(allowed, origin));
  }

  /** Exact match, except for a port of *. */
  private static boolean matches(String allowed, String origin) {
    if (!allowed.endsWith(":*")) {
      return allowed.equals(origin);
    }
    String host = allowed.substring(0, allowed.length() - 2);
    return origin.equals(host)
        || origin.startsWith(host + ":")
            && origin.substring(host.length() + 1).matches("[0-9]{1,5}");
  }
}
