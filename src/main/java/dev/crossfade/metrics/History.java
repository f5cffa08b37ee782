package dev.crossfade.metrics;

import dev.crossfade.metrics.Meters.Delays;
import dev.crossfade.model.Transport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Recent metrics of this node for the charts of the ops page, in memory only. For longer periods
 * and all nodes, scrape {@code metrics}. Thread-safe; does not block.
 */
public final class History {

  /** Interval between samples. */
  public static final Duration EVERY = Duration.ofSeconds(30);

  /** Number of samples kept: twelve hours. */
  static final int KEPT = 1_440;

  /**
   * @param sockets open WebSockets
   * @param polls held requests
   * @param fallbacks by reason, since the start
   */
  public record Sample(
      Instant at,
      int sockets,
      int polls,
      Delays websocket,
      Delays polling,
      Map<String, Long> fallbacks) {}

  private final Meters meters;
  private final IntSupplier sockets;
  private final IntSupplier polls;
  private final Clock clock;
  private final Deque<Sample> samples = new ArrayDeque<>();

  public History(Meters meters, IntSupplier sockets, IntSupplier polls, Clock clock) {
    this.meters = meters;
    this.sockets = sockets;
    this.polls = polls;
    this.clock = clock;
  }

  /** Takes a sample; call it at intervals of {@link #EVERY}. */
  public void tick() {
    Sample now =
        new Sample(
            clock.instant(),
            sockets.getAsInt(),
            polls.getAsInt(),
            meters.delays(Transport.WEBSOCKET),
            meters.delays(Transport.POLLING),
            meters.fallbacks());
    synchronized (samples) {
      samples.addLast(now);
      if (samples.size() > KEPT) {
        samples.removeFirst();
      }
    }
  }

  /** The samples after an instant, oldest first. */
  public List<Sample> after(Instant time) {
    synchronized (samples) {
      return samples.stream().filter(sample -> sample.at().isAfter(time)).toList();
    }
  }
}
