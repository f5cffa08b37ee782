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

/** The metrics of this node, by transport. Thread-safe; does not block. */
public final class Meters implements AutoCloseable {

  /** Any other report counts as {@code other}: the number of labels must not depend on input. */
  private static final Set<String> REPORTS = Set.of("connected", "proven", "fallback", "recovered");

  /** Our client's reasons for falling back; anything else is {@code other}. */
  private static final Set<String> REASONS =
      Set.of("unproven", "silent", "no ack", "blocked", "refused");

  /** Window of the delivery percentiles. */
  static final Duration WINDOW = Duration.ofMinutes(2);

  /** Time from commit to delivery; null if nothing was delivered. */
  public record Delays(Double p50Millis, Double p99Millis) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Transport, Counter> accepted =
      byTransport(
          "crossfade.messages.accepted", "Messages committed, by the transport they came over");
  private final Map<Transport, Counter> delivered =
      byTransport(
          "crossfade.messages.delivered", "Messages delivered, by the transport they went over");

  private final Counter listQueries =
      Counter.builder("crossfade.lists.queries")
          .description("Lists of conversations read from the database")
          .register(registry);
  private final Map<Transport, Timer> waited = waited();
  private final Map<String, AtomicLong> fallbacks = new ConcurrentHashMap<>();

  /** Counts a committed message that came over this transport. */
  public void accepted(Transport transport) {
    accepted.get(transport).increment();
  }

  /** Counts messages handed to this transport. */
  public void delivered(Transport transport, int messages) {
    delivered.get(transport).increment(messages);
  }

  /** Counts a list of conversations read from the database, for one or more readers. */
  public void listQueried() {
    listQueries.increment();
  }

  /**
   * Records the time from a message's commit to its delivery; null if nobody was waiting for it.
   */
  public void waited(Transport transport, Duration time) {
    if (time != null) {
      waited.get(transport).record(time);
    }
  }

  /** Delivery percentiles over the last minutes. */
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

  /** Counts a client's report about its WebSocket; {@code reason} may be null. */
  public void reported(String event, String reason) {
    registry
        .counter("crossfade.transport.reports", "event", REPORTS.contains(event) ? event : "other")
        .increment();
    if ("fallback".equals(event)) {
      String known = reason != null && REASONS.contains(reason) ? reason : "other";
      fallbacks.computeIfAbsent(known, r -> new AtomicLong()).incrementAndGet();
    }
  }

  /** Number of fallbacks since the start, by reason. */
  public Map<String, Long> fallbacks() {
    Map<String, Long> now = new TreeMap<>();
    fallbacks.forEach((reason, count) -> now.put(reason, count.get()));
    return now;
  }

  /** {@code tags} alternates names and values. */
  public void gauge(String name, String description, Supplier<Number> value, String... tags) {
    Gauge.builder(name, value).description(description).tags(tags).register(registry);
  }

  /** All metrics in the Prometheus text format. */
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
              .description("Time from the commit of a message to its delivery")
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
