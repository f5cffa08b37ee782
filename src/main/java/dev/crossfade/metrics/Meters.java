package dev.crossfade.metrics;

import dev.crossfade.model.Transport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The figures of this node, by transport. Safe for many threads; nothing here blocks. */
public final class Meters implements AutoCloseable {

  /**
   * Anything else a client reports is counted as {@code other}: labels must not grow with input.
   */
  private static final Set<String> REPORTS = Set.of("connected", "proven", "fallback", "recovered");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Transport, Counter> accepted =
      byTransport("crossfade.messages.accepted", "Messages committed, by the way they came");
  private final Map<Transport, Counter> delivered =
      byTransport("crossfade.messages.delivered", "Messages handed over, by the way they went");

  /** A message was committed that came over this transport. */
  public void accepted(Transport transport) {
    accepted.get(transport).increment();
  }

  /** So many messages were handed to this transport. */
  public void delivered(Transport transport, int messages) {
    delivered.get(transport).increment(messages);
  }

  /** A client reported what became of its WebSocket. */
  public void reported(String event) {
    registry
        .counter("crossfade.transport.reports", "event", REPORTS.contains(event) ? event : "other")
        .increment();
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
