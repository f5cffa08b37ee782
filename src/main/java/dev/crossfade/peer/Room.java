package dev.crossfade.peer;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Network;
import dev.crossfade.model.Problem;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** How many peers of one kind there are on this node, and how many there may be. */
final class Room {

  /**
   * @param all on this node; beyond it a newcomer is told to come back later
   * @param perUser beyond it the peer of that user that was silent for longest is closed
   * @param perAddress beyond it a newcomer is told to come back later
   */
  record Bounds(int all, int perUser, int perAddress) {}

  private final Bounds bounds;
  private final RandomGenerator random;
  private final AtomicInteger size = new AtomicInteger();
  private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

  Room(Bounds bounds, RandomGenerator random) {
    this.bounds = bounds;
    this.random = random;
  }

  int size() {
    return size.get();
  }

  Bounds bounds() {
    return bounds;
  }

  /**
   * Throws {@code unavailable} if this node is full or closed, and {@code rate_limited} if the
   * address has as many as it may.
   *
   * @param comeBackSeconds upper bound of the random time that a refused client waits
   */
  void require(String address, boolean closed, int comeBackSeconds) {
    if (byAddress.getOrDefault(Network.source(address), 0) >= bounds.perAddress()) {
      throw refusal(Problem.RATE_LIMITED, comeBackSeconds);
    }
    if (closed || size.get() >= bounds.all()) {
      throw refusal(Problem.UNAVAILABLE, comeBackSeconds);
    }
  }

  /** Lets one in and counts it, in one step: of many that ask at once none is too many. */
  void admit(String address, int comeBackSeconds) {
    byAddress.compute(
        Network.source(address),
        (a, n) -> {
          if (n != null && n >= bounds.perAddress()) {
            throw refusal(Problem.RATE_LIMITED, comeBackSeconds);
          }
          return n == null ? 1 : n + 1;
        });
    if (size.incrementAndGet() > bounds.all()) {
      leave(address);
      throw refusal(Problem.UNAVAILABLE, comeBackSeconds);
    }
  }

  void enter(String address) {
    size.incrementAndGet();
    byAddress.merge(Network.source(address), 1, Integer::sum);
  }

  void leave(String address) {
    size.decrementAndGet();
    byAddress.computeIfPresent(Network.source(address), (a, n) -> n > 1 ? n - 1 : null);
  }

  private ChatException refusal(Problem problem, int comeBackSeconds) {
    return new ChatException(problem).with("retry_after", 1 + random.nextInt(comeBackSeconds));
  }
}
