package dev.crossfade.identity;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * So many a minute for each key, such as an address. Remembers a bounded number of keys. Does not
 * block.
 */
public final class RateLimit {

  /** Whoever was silent longest is forgotten first, and then starts with a full bucket again. */
  static final int MAX_KEYS = 50_000;

  private final int perMinute;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MAX_KEYS;
        }
      };

  public RateLimit(int perMinute) {
    this.perMinute = perMinute;
  }

  /**
   * Throws {@code rate_limited} with {@code retry_after} in seconds where the key has used up its
   * share.
   */
  public void take(String key) {
    ConsumptionProbe probe = bucket(key).tryConsumeAndReturnRemaining(1);
    if (!probe.isConsumed()) {
      long seconds = Duration.ofNanos(probe.getNanosToWaitForRefill()).toSeconds() + 1;
      throw new ChatException(Problem.RATE_LIMITED).with("retry_after", seconds);
    }
  }

  /** A key that is over, such as a socket that closed. */
  public void forget(String key) {
    synchronized (buckets) {
      buckets.remove(key);
    }
  }

  private Bucket bucket(String key) {
    synchronized (buckets) {
      return buckets.computeIfAbsent(
          key,
          k ->
              Bucket.builder()
                  .addLimit(
                      limit ->
                          limit.capacity(perMinute).refillGreedy(perMinute, Duration.ofMinutes(1)))
                  .build());
    }
  }
}
