package dev.crossfade.rollout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What clients reported of their WebSocket, the last word of each. A hint: the client itself
 * remembers too. Bounded; safe for many threads.
 */
public final class Fallbacks {

  /**
   * The time that Pusher's client and ours keep off a path where WebSocket failed, the first time.
   */
  static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** How long a report is shown to ops; it matters for a choice while {@link #REMEMBERED} only. */
  static final Duration SHOWN = Duration.ofHours(2);

  /** Beyond it a client that is seldom asked for is forgotten. */
  static final int MAX_CLIENTS = 50_000;

  /** {@code fallback} or a sign of life: {@code connected}, {@code proven}, {@code recovered}. */
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

  /** {@code reason} may be null. Opening alone is no news: it is the proof that counts. */
  public void report(String clientId, String event, String reason) {
    if (!event.equals("connected")) {
      last.put(clientId, new Report(event, reason, clock.instant()));
    }
  }

  public Optional<Report> last(String clientId) {
    return Optional.ofNullable(last.getIfPresent(clientId));
  }

  /** When this client is offered WebSocket again; empty where nothing is in the way. */
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
