package dev.crossfade.rollout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The last report of each client about its WebSocket. Only a hint, because clients remember it too.
 * Bounded; thread-safe.
 */
public final class Fallbacks {

  /** How long a client avoids WebSocket after its first failure, as in Pusher's client and ours. */
  static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** How long a report is shown to operators; choices only respect it for {@link #REMEMBERED}. */
  static final Duration SHOWN = Duration.ofHours(2);

  /** Above this, rarely used clients are evicted. */
  static final int MAX_CLIENTS = 50_000;

  /** {@code fallback} or a success: {@code connected}, {@code proven}, {@code recovered}. */
  public record Report(String event, String reason, Instant at) {
    boolean fellBack() {
      return event.equals("fallback");
    }
  }

  private final Clock clock;
  private final Cache<String, Report> last;

  public Fallbacks(Clock clock) {
    this.clock = clock;
    this.last =
        Caffeine.newBuilder()
            .maximumSize(MAX_CLIENTS)
            .expireAfterWrite(SHOWN)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .executor(Runnable::run)
            .build();
  }

  /**
   * Records a report; {@code reason} may be null. {@code connected} is ignored, because only a
   * proven socket counts.
   */
  public void report(String clientId, String event, String reason) {
    if (!event.equals("connected")) {
      last.put(clientId, new Report(event, reason, clock.instant()));
    }
  }

  public Optional<Report> last(String clientId) {
    return Optional.ofNullable(last.getIfPresent(clientId));
  }

  /** When this client is offered WebSocket again; empty if it may use it now. */
  public Optional<Instant> nextTry(String clientId) {
    return last(clientId)
        .filter(Report::fellBack)
        .map(report -> report.at().plus(REMEMBERED))
        .filter(end -> clock.instant().isBefore(end));
  }

  boolean recent(String clientId) {
    return clientId != null && nextTry(clientId).isPresent();
  }
}
