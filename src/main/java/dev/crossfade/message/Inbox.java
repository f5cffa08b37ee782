package dev.crossfade.message;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Tells who watches a shop's list of conversations that it may have changed. Safe for many threads.
 */
public final class Inbox {

  private final ConcurrentMap<String, Set<Runnable>> watchers = new ConcurrentHashMap<>();

  /** {@code changed} must not block. Returns what ends the watching. */
  public Runnable watch(String shopId, Runnable changed) {
    watchers.compute(
        shopId,
        (id, known) -> {
          Set<Runnable> set = known == null ? ConcurrentHashMap.newKeySet() : known;
          set.add(changed);
          return set;
        });
    return () ->
        watchers.computeIfPresent(
            shopId,
            (id, known) -> {
              known.remove(changed);
              return known.isEmpty() ? null : known;
            });
  }

  void changed(String shopId) {
    watchers.getOrDefault(shopId, Set.of()).forEach(Runnable::run);
  }
}
