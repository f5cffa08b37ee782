package dev.crossfade.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;

/**
 * A rate limit for each key, such as an address. Remembers a bounded number of keys. Does not
 * block. Safe for many threads.
 */
public final class RateLimit {

  /** Beyond it a key that asks seldom is forgotten, and starts with a full bucket again. */
  static final int MAX_KEYS = 50_000;

  /** The bucket of a key that was silent for this long is full, as is that of a new key. */
  private static final Duration FULL_AFTER = Duration.ofMinutes(1);

  private final int perMinute;

  /** Maintained on the calling thread: a thread of a pool would outlive an undeploy. */
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
   * Throws {@code rate_limited} with {@code retry_after} in seconds where the key has used up its
   * share.
   */
  public void take(String key) {
    ConsumptionProbe probe = buckets.get(key, unknown -> full()).tryConsumeAndReturnRemaining(1);
    if (!probe.isConsumed()) {
      long seconds = Duration.ofNanos(probe.getNanosToWaitForRefill()).toSeconds() + 1;
      throw new ChatException(Problem.RATE_LIMITED).with("retry_after", seconds);
    }
  }

  /** A key that is over, such as a socket that closed. */
  public void forget(String key) {
    buckets.invalidate(key);
  }

  /** How many are remembered. */
  int keys() {
    return buckets.asMap().size();
  }

  private Bucket full() {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, FULL_AFTER))
        .build();
  }
}
