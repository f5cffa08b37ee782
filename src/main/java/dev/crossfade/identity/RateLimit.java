package dev.crossfade.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;

/**
 * A rate limit per key, such as an address. Holds a bounded number of keys. Does not block.
 * Thread-safe.
 */
public final class RateLimit {

  /** Above this, rarely used keys are evicted and start again with a full bucket. */
  static final int MAX_KEYS = 50_000;

  /** After this long without a request a bucket is full again, like that of a new key. */
  private static final Duration FULL_AFTER = Duration.ofMinutes(1);

  private final int perMinute;

  /** Maintained on the calling thread, because a pool thread would outlive an undeploy. */
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder()
          .maximumSize(MAX_KEYS)
          .expireAfterAccess(FULL_AFTER)
          .executor(Runnable::run)
          .build();

  public RateLimit(int perMinute) {
    this.perMinute = perMinute;
  }

  /**
   * Throws {@code rate_limited} with {@code retry_after} in seconds if the key has exceeded its
   * limit.
   */
  public void take(String key) {
    ConsumptionProbe probe = buckets.get(key, unknown -> full()).tryConsumeAndReturnRemaining(1);
    if (!probe.isConsumed()) {
      long seconds = Duration.ofNanos(probe.getNanosToWaitForRefill()).toSeconds() + 1;
      throw new ChatException(Problem.RATE_LIMITED).with("retry_after", seconds);
    }
  }

  /** Removes a key that is no longer needed, such as that of a closed socket. */
  public void forget(String key) {
    buckets.invalidate(key);
  }

  /** Number of keys held. */
  int keys() {
    return buckets.asMap().size();
  }

  private Bucket full() {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, FULL_AFTER))
        .build();
  }
}
