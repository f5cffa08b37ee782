package dev.crossfade.rollout;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What clients reported of their WebSocket, the last word of each. A hint: the client itself
 * remembers too. Bounded; safe for many threads.
 */
public final class Fallbacks {

  /**
   * The time that Pusher's client and ours keep off a path where WebSocket failed, the first time.
   */
  static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** Whoever reported longest ago is forgotten first. */
  static final int MAX_CLIENTS = 50_000;

  /** {@code fallback} or a sign of life: {@code connected}, {@code proven}, {@code recovered}. */
  public record Report(String event, String reason, Instant at) {
    boolean fellBack() {
      return event.equals("fallback");
    }
  }

  private final Clock clock;
  private final Map<String, Report> last =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Report> eldest) {
          return size() > MAX_CLIENTS;
        }
      };

  public Fallbacks(Clock clock) {
    this.clock = clock;
  }

  /** {@code reason} may be null. Opening alone is no news: it is the proof that counts. */
  public void report(String clientId, String event, String reason) {
    if (!event.equals("connected")) {
      synchronized (last) {
        last.put(clientId, new Report(event, reason, clock.instant()));
      }
    }
  }

  public Optional<Report> last(String clientId) {
    synchronized (last) {
      return Optional.ofNullable(last.get(clientId));
    }
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
