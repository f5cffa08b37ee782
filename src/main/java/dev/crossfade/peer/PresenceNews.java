package dev.crossfade.peer;

import dev.crossfade.message.Presence;
import dev.crossfade.model.Caller;
import dev.crossfade.wire.Reply;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private record Staff(Peer peer, long[] seen) {}

  /** Who came or went in one shop that has staff here, the latest last. Guarded by itself. */
  private static final class Shop {
    final Map<Peer, Staff> staff = new ConcurrentHashMap<>();
    final Map<String, Long> newest = new LinkedHashMap<>();
    long version;
    long forgotten;

    synchronized void changed(String userId) {
      version++;
      newest.remove(userId);
      newest.put(userId, version);
      if (newest.size() > MAX_NAMED) {
        Iterator<Long> oldest = newest.values().iterator();
        forgotten = oldest.next();
        oldest.remove();
      }
    }

    /** Those who came or went since; null for more than are remembered. */
    synchronized List<String> since(long seen) {
      if (seen < forgotten) {
        return null;
      }
      return newest.entrySet().stream()
          .filter(one -> one.getValue() > seen)
          .map(Map.Entry::getKey)
          .toList();
    }

    synchronized long version() {
      return version;
    }
  }

  private final Presence presence;
  private final Map<String, Shop> shops = new ConcurrentHashMap<>();

  PresenceNews(Presence presence) {
    this.presence = presence;
    presence.watch(this::changed);
  }

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

  private void changed(Caller caller) {
    Shop shop = shops.get(caller.shopId());
    if (shop != null) {
      shop.changed(caller.userId());
    }
  }

  /** Called by one thread at a time. */
  void tell() {
    shops.forEach(this::tell);
  }

  private void tell(String id, Shop shop) {
    long version = shop.version();
    for (Staff staff : shop.staff.values()) {
      // A pipe that is busy is not asked again before the next round: the newest state wins.
      if (staff.seen()[0] < version && staff.peer().pipe().reserve()) {
        staff.peer().pipe().cancel();
        say(id, shop.since(staff.seen()[0]), staff.peer());
        staff.seen()[0] = version;
      }
    }
  }

  private void say(String shopId, List<String> users, Peer staff) {
    if (users == null) {
      staff.pipe().send(new Reply.PresenceCount(presence.count(shopId)));
      return;
    }
    for (String user : users) {
      if (!user.equals(staff.caller().userId())) {
        boolean online = presence.find(shopId, user).isPresent();
        staff.pipe().send(new Reply.Presence(user, online));
      }
    }
  }
}
