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
 * How this node fared in the last hours, for the charts of the ops page: in memory, and gone with
 * the node. Longer and over all nodes, ops scrape {@code metrics}. Safe for many threads; nothing
 * here blocks.
 */
public final class History {

  /** From one sample to the next. */
  public static final Duration EVERY = Duration.ofSeconds(30);

  /** Twelve hours; older ones are forgotten. */
  static final int KEPT = 1_440;

  /**
   * @param sockets open WebSockets then
   * @param polls requests held then
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

  /** Call it {@link #EVERY} so often. */
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

  /** Those later than that, oldest first. */
  public List<Sample> after(Instant time) {
    synchronized (samples) {
      return samples.stream().filter(sample -> sample.at().isAfter(time)).toList();
    }
  }
}
