package dev.crossfade.message;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Tells those who watch a list of conversations that it may have changed: staff watch their shop's,
 * a visitor watches its own. Nothing here blocks. Safe for many threads.
 */
public final class Inbox {

  /**
   * Whose list it is.
   *
   * @param visitorId null for the list of the shop's staff
   */
  record Key(String shopId, String visitorId) {}

  private final Hints hints;
  private final ConcurrentMap<Key, Set<Runnable>> watchers = new ConcurrentHashMap<>();

  /** {@code hints} hear of what changed on this node. */
  public Inbox(Hints hints) {
    this.hints = hints;
  }

  /** {@code changed} must not block. Returns what ends the watching. */
  Runnable watch(Key key, Runnable changed) {
    watchers.compute(
        key,
        (same, known) -> {
          Set<Runnable> set = known == null ? ConcurrentHashMap.newKeySet() : known;
          set.add(changed);
          return set;
        });
    return () ->
        watchers.computeIfPresent(
            key,
            (same, known) -> {
              known.remove(changed);
              return known.isEmpty() ? null : known;
            });
  }

  /** A conversation of this visitor changed; call it after the commit. */
  void changed(String shopId, String visitorId) {
    changedHere(shopId, visitorId);
    hints.listChanged(shopId, visitorId);
  }

  /** Something changed that only the lists of staff show; call it after the commit. */
  void changedForStaff(String shopId) {
    changedHere(shopId, null);
    hints.listChanged(shopId, null);
  }

  /** Tells those on this node only, as a hint from elsewhere does. */
  public void changedHere(String shopId, String visitorId) {
    if (visitorId != null) {
      tell(new Key(shopId, visitorId));
    }
    tell(new Key(shopId, null));
  }

  private void tell(Key key) {
    watchers.getOrDefault(key, Set.of()).forEach(Runnable::run);
  }
}
