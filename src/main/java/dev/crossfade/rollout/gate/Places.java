package dev.crossfade.rollout.gate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds how many clients of one source count: who comes when all its places are taken does not,
 * until one of them has been away for the longest window. Bounded by the clients. Not thread-safe.
 */
final class Places {

  private final int most;
  private final Map<String, List<Seen>> taken = new HashMap<>();

  Places(int most) {
    this.most = most;
  }

  /** Whether this client has a place now. */
  boolean take(String source, Seen client, long now) {
    List<Seen> here = taken.computeIfAbsent(source, s -> new ArrayList<>(1));
    if (here.contains(client)) {
      return true;
    }
    here.removeIf(other -> !other.within(now));
    return here.size() < most && here.add(client);
  }

  void leave(String source, Seen client) {
    taken.computeIfPresent(
        source,
        (s, here) -> {
          here.remove(client);
          return here.isEmpty() ? null : here;
        });
  }
}
