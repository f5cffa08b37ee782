package dev.crossfade.app;

import dev.crossfade.http.ops.NodeResource;
import dev.crossfade.peer.Population;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How everybody leaves this node. First it is not ready any more and takes no more streams; then
 * streams and held requests leave one after the other; then nobody is left. An operator asks for it
 * in time and it goes slowly, a stop of the application cannot wait and it goes fast. There is no
 * way back but a restart.
 */
final class Drain implements NodeResource.Node {

  /** All that a stop waits for, together. */
  private static final Duration STOP_WITHIN = Duration.ofSeconds(4);

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  private final Population population;
  private final BooleanSupplier answered;
  private final ScheduledExecutorService scheduler;
  private final Clock clock;
  private final Duration grace;
  private Instant since;
  private boolean leaving;
  private boolean stopping;

  /**
   * @param answered whether every request that was taken in has been answered
   * @param grace how long load balancers have to see that this node is not ready
   */
  Drain(
      Population population,
      BooleanSupplier answered,
      ScheduledExecutorService scheduler,
      Clock clock,
      Duration grace) {
    this.population = population;
    this.answered = answered;
    this.scheduler = scheduler;
    this.clock = clock;
    this.grace = grace;
    this.since = clock.instant();
  }

  boolean running() {
    return !population.dismissal().draining();
  }

  /** Starts it and returns at once. Twice is harmless. */
  @Override
  public synchronized void start() {
    if (running()) {
      refuseNew();
      scheduler.schedule(this::leave, grace.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The application goes: blocks until nobody is left, for a few seconds at most. */
  void stop() {
    synchronized (this) {
      if (stopping) {
        return;
      }
      stopping = true;
      if (running()) {
        refuseNew();
      }
    }
    population.dismissal().stop();
    awaitEnd();
  }

  @Override
  public synchronized NodeResource.State state() {
    boolean empty = population.dismissal().remaining() == 0;
    String name = running() ? "running" : leaving && empty ? "drained" : "draining";
    return new NodeResource.State(name, population.streams(), population.held(), since);
  }

  private void refuseNew() {
    LOG.info("draining: {} sockets, {} held polls", population.streams(), population.held());
    since = clock.instant();
    population.dismissal().drain();
  }

  private synchronized void leave() {
    if (!stopping) {
      population.dismissal().dismiss();
      leaving = true;
    }
  }

  private void awaitEnd() {
    long until = System.nanoTime() + STOP_WITHIN.toNanos();
    while (population.streams() > 0 || !answered.getAsBoolean()) {
      if (System.nanoTime() > until) {
        LOG.warn("stopped with {} sockets still open", population.streams());
        return;
      }
      population.tick();
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
