package dev.crossfade.app;

import dev.crossfade.http.ops.NodeResource;
import dev.crossfade.http.poll.HeldPolls;
import dev.crossfade.websocket.Connections;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this node lets everyone go. First it is not ready any more and takes no more sockets; then
 * sockets and held polls leave one after the other; then nobody is left. An operator asks for it in
 * time and it goes slowly, a stop of the application cannot wait and it goes fast. There is no way
 * back but a restart.
 */
final class Drain implements NodeResource.Node {

  /** What the nodes beside this one have to take in, asked for by an operator. */
  private static final int LEAVE_PER_SECOND = 200;

  private static final Duration LEAVE_WITHIN = Duration.ofMinutes(2);

  /** Sockets that left come back elsewhere within so long: they were spread out already. */
  private static final Duration COME_BACK_WITHIN = Duration.ofSeconds(1);

  /** On a stop there is hardly time; those who leave are spread out when they come back. */
  private static final int STOP_PER_SECOND = 5_000;

  private static final Duration STOP_LEAVE_WITHIN = Duration.ofSeconds(2);
  private static final Duration STOP_COME_BACK_WITHIN = Duration.ofSeconds(5);

  /** All that a stop waits for, together. */
  private static final Duration STOP_WITHIN = Duration.ofSeconds(4);

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  private final Connections connections;
  private final HeldPolls polls;
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
      Connections connections,
      HeldPolls polls,
      BooleanSupplier answered,
      ScheduledExecutorService scheduler,
      Clock clock,
      Duration grace) {
    this.connections = connections;
    this.polls = polls;
    this.answered = answered;
    this.scheduler = scheduler;
    this.clock = clock;
    this.grace = grace;
    this.since = clock.instant();
  }

  boolean running() {
    return !connections.draining();
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
    polls.stop();
    connections.letGo(
        pace(connections.size(), STOP_PER_SECOND, STOP_LEAVE_WITHIN), STOP_COME_BACK_WITHIN);
    awaitEnd();
  }

  @Override
  public synchronized NodeResource.State state() {
    String name = running() ? "running" : leaving && isEmpty() ? "drained" : "draining";
    return new NodeResource.State(name, connections.size(), polls.size(), since);
  }

  private void refuseNew() {
    LOG.info("draining: {} sockets, {} held polls", connections.size(), polls.size());
    since = clock.instant();
    polls.drain();
    connections.drain();
  }

  private synchronized void leave() {
    if (stopping) {
      return;
    }
    int most = Math.max(connections.size(), polls.size());
    Duration within = pace(most, LEAVE_PER_SECOND, LEAVE_WITHIN);
    polls.letGo(within);
    connections.letGo(within, COME_BACK_WITHIN);
    leaving = true;
  }

  private boolean isEmpty() {
    return connections.size() == 0 && polls.heldForLong() == 0;
  }

  /** How long so many take to leave. */
  private static Duration pace(int count, int perSecond, Duration most) {
    Duration paced = Duration.ofMillis(1000L * count / perSecond);
    return paced.compareTo(most) < 0 ? paced : most;
  }

  private void awaitEnd() {
    long until = System.nanoTime() + STOP_WITHIN.toNanos();
    while (connections.size() > 0 || !answered.getAsBoolean()) {
      if (System.nanoTime() > until) {
        LOG.warn("stopped with {} sockets still open", connections.size());
        return;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
