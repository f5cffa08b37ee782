package dev.crossfade.rollout.gate;

import dev.crossfade.model.Network;
import dev.crossfade.rollout.rule.Client;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The clients that count: those that were authenticated here, and of one user or network only so
 * many, so that nobody can invent a population. Bounded. Not thread-safe.
 */
final class Panel {

  /**
   * Where so many count, one that was away for the longest window makes room for another; otherwise
   * the newcomer does not count. A sample that changed all the time would know nobody.
   */
  static final int MAX_CLIENTS = 50_000;

  /** A person has a phone and a computer. */
  static final int MAX_PER_USER = 2;

  /**
   * Clients of one IPv4 /24 or IPv6 /56. So few that they alone never reach {@link
   * Findings#CHANGED}, whatever they say: each counts once, with at most ln 5.
   */
  static final int MAX_PER_NETWORK = 8;

  /** So that a loss of messages needs witnesses in several networks. */
  static final int MAX_GAPS_PER_NETWORK = 1;

  private record Key(String clientId, String shop) {}

  private final Tallies tallies;
  private final BooleanSupplier excused;
  private final Places users = new Places(MAX_PER_USER);
  private final Places networks = new Places(MAX_PER_NETWORK);
  private final Places gaps = new Places(MAX_GAPS_PER_NETWORK);
  private final Map<String, Seen> byId = new HashMap<>();
  private final Map<Key, Seen> clients = new LinkedHashMap<>(16, 0.75f, true);

  /** {@code excused}: whether nothing counts at the moment. */
  Panel(Tallies tallies, BooleanSupplier excused) {
    this.tallies = tallies;
    this.excused = excused;
  }

  /** Null for a client that does not count. */
  Seen get(Client client) {
    return clients.get(new Key(client.clientId(), client.shopId()));
  }

  /** The same client with the shop in which it was last seen, where it names none. */
  Client named(Client client) {
    Seen last = client.shopId() == null ? byId.get(client.clientId()) : null;
    return last == null
        ? client
        : new Client(client.clientId(), last.shop, client.version(), client.platform());
  }

  /**
   * The record of a client that was authenticated just now; null if all places of its user or
   * network are taken.
   */
  Seen admit(Client client, String userId, String address, long now) {
    Seen seen = get(client);
    if (seen == null) {
      if (clients.size() >= MAX_CLIENTS && !madeRoom(now)) {
        return null;
      }
      String user = client.shopId() + "/" + userId;
      seen = new Seen(tallies, excused, client, user, network(address), now);
    }
    if (!users.take(seen.user, seen, now)
        || seen.network != null && !networks.take(seen.network, seen, now)) {
      left(seen);
      clients.remove(new Key(seen.clientId, seen.shop));
      return null;
    }
    seen.identified(now);
    clients.put(new Key(seen.clientId, seen.shop), seen);
    byId.put(seen.clientId, seen);
    return seen;
  }

  /**
   * The network that bounds an address; null for a private one, which says nothing of who it is.
   */
  static String network(String address) {
    return Network.isPrivate(address) ? null : Network.of(address, 24, 56);
  }

  /** Whether a gap that this client reports counts. */
  boolean mayReportGap(Seen seen, long now) {
    return seen.network == null || gaps.take(seen.network, seen, now);
  }

  private boolean madeRoom(long now) {
    Iterator<Seen> longestAway = clients.values().iterator();
    Seen eldest = longestAway.next();
    if (eldest.within(now)) {
      return false;
    }
    left(eldest);
    longestAway.remove();
    return true;
  }

  private void left(Seen seen) {
    users.leave(seen.user, seen);
    if (seen.network != null) {
      networks.leave(seen.network, seen);
      gaps.leave(seen.network, seen);
    }
    byId.remove(seen.clientId, seen);
  }
}
