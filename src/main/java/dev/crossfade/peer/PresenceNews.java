package dev.crossfade.peer;

import dev.crossfade.message.Presence;
import dev.crossfade.wire.Reply;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What staff hear of who comes and goes. State, not a stream: what changed since a staff member was
 * last told is told at once, with names up to a bound and as a count beyond it, and only to those
 * whose pipe is idle. So the work for a shop grows with its staff, however many visitors come and
 * go, and nobody is closed for not keeping up with it. Safe for many threads; nothing here blocks.
 */
final class PresenceNews {

  /** More people at once are a count: no agent reads so many names. */
  static final int MAX_NAMED = 20;

  private record Named(long version, boolean online) {}

  private record Staff(Peer peer, long[] seen) {}

  /** What happened in one shop that has staff here. Guarded by itself. */
  private static final class Shop {
    final Map<Peer, Staff> staff = new ConcurrentHashMap<>();
    final Map<String, Named> newest = new LinkedHashMap<>();
    long version;
    long forgotten;
    int online;

    synchronized void changed(String userId, boolean nowOnline, int count) {
      version++;
      online = count;
      newest.remove(userId);
      newest.put(userId, new Named(version, nowOnline));
      if (newest.size() > MAX_NAMED) {
        Iterator<Named> oldest = newest.values().iterator();
        forgotten = oldest.next().version();
        oldest.remove();
      }
    }

    synchronized List<Reply> since(long seen, String userId) {
      if (seen < forgotten) {
        return List.of(new Reply.PresenceCount(online));
      }
      List<Reply> news = new ArrayList<>();
      newest.forEach(
          (user, named) -> {
            if (named.version() > seen && !user.equals(userId)) {
              news.add(new Reply.Presence(user, named.online()));
            }
          });
      return news;
    }

    synchronized long version() {
      return version;
    }
  }

  private final Map<String, Shop> shops = new ConcurrentHashMap<>();

  void enter(Peer peer) {
    if (peer.caller().role().staff() && !peer.pipe().once()) {
      shops.compute(
          peer.caller().shopId(),
          (id, known) -> {
            Shop shop = known == null ? new Shop() : known;
            shop.staff.put(peer, new Staff(peer, new long[] {shop.version()}));
            return shop;
          });
    }
  }

  void leave(Peer peer) {
    shops.computeIfPresent(
        peer.caller().shopId(),
        (id, shop) -> {
          shop.staff.remove(peer);
          return shop.staff.isEmpty() ? null : shop;
        });
  }

  void changed(Presence.Change change) {
    Shop shop = shops.get(change.caller().shopId());
    if (shop != null) {
      shop.changed(change.caller().userId(), change.online(), change.count());
    }
  }

  /** Called by one thread at a time. */
  void tell() {
    for (Shop shop : Set.copyOf(shops.values())) {
      long version = shop.version();
      for (Staff staff : shop.staff.values()) {
        // A pipe that is busy is not asked again before the next round: the newest state wins.
        if (staff.seen()[0] < version && staff.peer().pipe().reserve()) {
          staff.peer().pipe().cancel();
          shop.since(staff.seen()[0], staff.peer().caller().userId())
              .forEach(staff.peer().pipe()::send);
          staff.seen()[0] = version;
        }
      }
    }
  }
}
