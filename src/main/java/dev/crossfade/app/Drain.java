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
 * Drains this node. It first reports "not ready" and refuses new streams, then dismisses streams
 * and held requests one after the other. A drain asked for by an operator is gradual; stopping the
 * application drains fast. Only a restart reverts it.
 */
final class Drain implements NodeResource.Node {

  /** Maximum time that a stop waits. */
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
   * @param answered whether every accepted request has been answered
   * @param grace time between "not ready" and the first close, so that load balancers notice
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

  /** Starts the drain and returns at once. Idempotent. */
  @Override
  public synchronized void start() {
    if (running()) {
      refuseNew();
      scheduler.schedule(this::leave, grace.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Drains for a stop of the application. Blocks until nobody is connected, for at most a few
   * seconds.
   */
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
