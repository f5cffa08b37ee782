package dev.crossfade.metrics;

import dev.crossfade.model.Transport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** The figures of this node, by transport. Safe for many threads; nothing here blocks. */
public final class Meters implements AutoCloseable {

  /**
   * Anything else a client reports is counted as {@code other}: labels must not grow with input.
   */
  private static final Set<String> REPORTS = Set.of("connected", "proven", "fallback", "recovered");

  /** Why a client fell back, as ours says it; anything else is {@code other}. */
  private static final Set<String> REASONS =
      Set.of("unproven", "silent", "no ack", "blocked", "refused");

  /** Percentiles of what was handed over are of so long. */
  static final Duration WINDOW = Duration.ofMinutes(2);

  /**
   * How long messages waited from their commit until they were handed over; null where none was.
   */
  public record Delays(Double p50Millis, Double p99Millis) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Transport, Counter> accepted =
      byTransport("crossfade.messages.accepted", "Messages committed, by the way they came");
  private final Map<Transport, Counter> delivered =
      byTransport("crossfade.messages.delivered", "Messages handed over, by the way they went");

  private final Counter listQueries =
      Counter.builder("crossfade.lists.queries")
          .description("Times that a list of conversations was read from the database")
          .register(registry);
  private final Map<Transport, Timer> waited = waited();
  private final Map<String, AtomicLong> fallbacks = new ConcurrentHashMap<>();

  /** A message was committed that came over this transport. */
  public void accepted(Transport transport) {
    accepted.get(transport).increment();
  }

  /** So many messages were handed to this transport. */
  public void delivered(Transport transport, int messages) {
    delivered.get(transport).increment(messages);
  }

  /** A list of conversations was read from the database, for one reader or for several. */
  public void listQueried() {
    listQueries.increment();
  }

  /** So long after its commit a message was handed to this transport; null: it was not awaited. */
  public void waited(Transport transport, Duration time) {
    if (time != null) {
      waited.get(transport).record(time);
    }
  }

  /** Of the last minutes. */
  public Delays delays(Transport transport) {
    Double p50 = null;
    Double p99 = null;
    for (ValueAtPercentile value : waited.get(transport).takeSnapshot().percentileValues()) {
      Double millis = value.value() > 0 ? Double.valueOf(value.value(TimeUnit.MILLISECONDS)) : null;
      if (value.percentile() < 0.9) {
        p50 = millis;
      } else {
        p99 = millis;
      }
    }
    return new Delays(p50, p99);
  }

  /** A client reported what became of its WebSocket; {@code reason} may be null. */
  public void reported(String event, String reason) {
    registry
        .counter("crossfade.transport.reports", "event", REPORTS.contains(event) ? event : "other")
        .increment();
    if ("fallback".equals(event)) {
      String known = reason != null && REASONS.contains(reason) ? reason : "other";
      fallbacks.computeIfAbsent(known, r -> new AtomicLong()).incrementAndGet();
    }
  }

  /** How many fell back since the start, by reason. */
  public Map<String, Long> fallbacks() {
    Map<String, Long> now = new TreeMap<>();
    fallbacks.forEach((reason, count) -> now.put(reason, count.get()));
    return now;
  }

  /** {@code tags} are names and values in turns. */
  public void gauge(String name, String description, Supplier<Number> value, String... tags) {
    Gauge.builder(name, value).description(description).tags(tags).register(registry);
  }

  /** Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }

  private Map<Transport, Timer> waited() {
    Map<Transport, Timer> timers = new EnumMap<>(Transport.class);
    for (Transport transport : Transport.values()) {
      timers.put(
          transport,
          Timer.builder("crossfade.delivery")
              .description("From the commit of a message until it was handed over")
              .tag("transport", transport.text())
              .publishPercentiles(0.5, 0.99)
              .distributionStatisticExpiry(WINDOW)
              .register(registry));
    }
    return timers;
  }

  private Map<Transport, Counter> byTransport(String name, String description) {
    Map<Transport, Counter> counters = new EnumMap<>(Transport.class);
    for (Transport transport : Transport.values()) {
      counters.put(
          transport,
          Counter.builder(name)
              .description(description)
              .tag("transport", transport.text())
              .register(registry));
    }
    return counters;
  }
}
