package dev.crossfade.peer;

import dev.crossfade.model.CloseReason;
import java.time.Duration;
import java.util.List;

/**
 * How everybody leaves this node: first nobody is let in any more, then those who are here leave
 * one after the other. Safe for many threads; nothing here blocks.
 */
public final class Dismissal {

  private final Population population;
  private final Time time;
  private volatile boolean draining;
  private volatile boolean stopping;
  private volatile long drainedAtNanos;
  private volatile Duration comeBackWithin;

  Dismissal(Population population, Time time) {
    this.population = population;
    this.time = time;
  }

  /** Whether this node takes no more streams. */
  public boolean draining() {
    return draining;
  }

  /** Whether it takes nobody any more. */
  boolean stopping() {
    return stopping;
  }

  /** How long a request may be held that asks for so long. */
  public Duration longestHold(Duration wait) {
    return draining && wait.compareTo(Pace.DRAINING_WAIT) > 0 ? Pace.DRAINING_WAIT : wait;
  }

  /** Takes no more streams, and holds no request for long; those who are here stay. */
  public void drain() {
    drainedAtNanos = time.now();
    draining = true;
  }

  /** Everybody leaves one after the other, as when an operator asks in time. */
  public void dismiss() {
    int most = Math.max(population.streams(), population.held());
    dismiss(Pace.drain(most), Pace.DRAINED_COME_BACK_WITHIN);
  }

  /** Takes nobody any more, and everybody leaves fast: the application stops. */
  public void stop() {
    stopping = true;
    dismiss(Pace.stop(population.streams()), Pace.STOPPED_COME_BACK_WITHIN);
    population.tick();
  }

  /** Those who are still here, without the requests that are held for a moment only. */
  public int remaining() {
    return (int) population.everybody().stream().filter(this::remains).count();
  }

  /** One who was let in before the end began, and came after it. */
  void late(Peer peer) {
    Duration within = comeBackWithin;
    if (within != null && (stopping || !peer.pipe().once())) {
      peer.leaveBy(departure(time.now(), within));
    }
  }

  private boolean remains(Peer peer) {
    return !peer.pipe().once() || peer.openedNanos - drainedAtNanos < 0;
  }

  private void dismiss(Duration within, Duration comeBack) {
    comeBackWithin = comeBack;
    List<Peer> leaving =
        population.everybody().stream().filter(peer -> stopping || remains(peer)).toList();
    long gapNanos = leaving.isEmpty() ? 0 : within.toNanos() / leaving.size();
    long now = time.now();
    for (int i = 0; i < leaving.size(); i++) {
      boolean atOnce = stopping && leaving.get(i).pipe().once();
      leaving.get(i).leaveBy(departure(atOnce ? now : now + i * gapNanos, comeBack));
    }
  }

  private Departure departure(long byNanos, Duration comeBack) {
    long comeBackInMs = time.random().nextLong(comeBack.toMillis());
    return new Departure(byNanos, CloseReason.RESTART, Departure.Cause.DRAINED, comeBackInMs);
  }
}
