package dev.crossfade.app;

import dev.crossfade.http.ApiServlet;
import dev.crossfade.http.HealthServlet;
import dev.crossfade.http.doctor.DoctorResource;
import dev.crossfade.identity.Shops;
import dev.crossfade.metrics.History;
import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Pace;
import dev.crossfade.peer.Population;
import dev.crossfade.peer.Time;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import jakarta.servlet.http.HttpServlet;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/** The object graph of a node, built bottom up and closed in reverse. No logic. */
final class App implements AutoCloseable {

  /** A commit that takes longer than this is stuck. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  /** While a commit takes longer than this, other nodes should get what comes. */
  private static final Duration SLOW = Duration.ofSeconds(5);

  private final Closing closing = new Closing();
  private final Stores stores;
  private final Callers callers;
  private final Messaging messaging;
  private final Carriers carriers;
  private final ApiServlet api;
  private final HealthServlet health;
  private final Drain drain;
  private final BooleanSupplier reachable;
  private volatile boolean warming;

  /**
   * @param given the DataSource configured in JNDI, or null
   * @param nanos a monotonic clock, such as {@code System::nanoTime}
   */
  App(Settings settings, DataSource given, Clock clock, LongSupplier nanos) {
    try {
      // Closed in reverse: the timer, the journal, the delivery threads, which still send its
      // results, and finally the database.
      Meters meters = closing.keep(new Meters());
      stores = new Stores(settings, given, clock, closing);
      Threads threads = new Threads(closing, meters);
      stores.openJournal(settings, nanos, closing);
      ScheduledExecutorService scheduler = threads.scheduler();
      Time time = new Time(clock, nanos, scheduler, new SecureRandom());
      messaging = new Messaging(stores, threads, meters, time);

      callers = new Callers(settings, stores, threads, scheduler, closing);
      Switching switching = new Switching(settings, stores, callers.shops, closing);
      Rollout rollout = switching.rollout;
      carriers = new Carriers(settings, messaging, callers, rollout, meters, threads, time);
      Population population = carriers.population;
      Autopilot autopilot =
          switching.autopilot(settings, stores, population, threads, scheduler, closing);
      History history = new History(meters, population::streams, population::held, clock);
      drain = new Drain(population, this::answered, scheduler, clock, settings.node().drainGrace());

      DoctorResource doctor =
          new DoctorResource(rollout, carriers.handshakes, scheduler, threads.answers);
      Api paths = new Api();
      paths.messages(messaging, callers, carriers, rollout, meters);
      paths.chat(settings, stores, callers, messaging, carriers, time);
      paths.transport(settings, rollout, meters);
      paths.rollout(rollout, autopilot, history, callers, drain);
      api = paths.servlet(doctor, drain);
      reachable = new Recently(stores.database::reachable, nanos);
      health = new HealthServlet(this::live, this::ready, meters);

      rollout.watch(rule -> population.steering().reconsider());
      callers.revocations.watch(population::expel);
      closing.keep(messaging.devices::flush);
      messaging.devices.watchSignOut(population::signOut);
      Gauges.connected(meters, population, messaging, stores);
      Gauges.rollout(meters, rollout, autopilot);

      rollout.lookLocally();
      rollout.refresh();
      history.tick();
      schedule(threads, scheduler, rollout, autopilot, history);
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  private void schedule(
      Threads threads,
      ScheduledExecutorService scheduler,
      Rollout rollout,
      Autopilot autopilot,
      History history) {
    Housekeeping beat = new Housekeeping(scheduler, threads.heartbeat);
    beat.every(Pace.LOOK_EVERY, carriers.population::tick);
    beat.every(Pace.PRESENCE_EVERY, carriers.population::tellPresence);
    beat.every(Duration.ofSeconds(5), messaging.presence::sweep);
    beat.every(History.EVERY, history::tick);

    Housekeeping stored = new Housekeeping(scheduler, threads.housekeeping);
    stored.every(Duration.ofSeconds(1), rollout::lookLocally);
    stored.every(Duration.ofSeconds(1), rollout::refresh);
    stored.every(Duration.ofSeconds(1), callers.revocations::refresh);
    stored.every(Duration.ofSeconds(1), messaging.devices::flush);
    stored.every(Duration.ofSeconds(2), messaging.subscriptions::sweep);
    stored.every(Duration.ofSeconds(5), autopilot::tick);
    stored.every(Duration.ofSeconds(10), callers.shops::refresh);
    stored.every(Duration.ofMinutes(1), callers.tickets::prune);
    stored.every(Duration.ofHours(1), callers.revocations::prune);
    stored.every(Duration.ofHours(1), autopilot::prune);
  }

  Carriers carriers() {
    return carriers;
  }

  HttpServlet api() {
    return api;
  }

  HttpServlet health() {
    return health;
  }

  /** While it warms up it serves, but is not ready. */
  void warming(boolean now) {
    warming = now;
  }

  Shops shops() {
    return callers.shops;
  }

  /** Closes all connections in an orderly way. Blocks for at most a few seconds. Idempotent. */
  void drain() {
    drain.stop();
  }

  @Override
  public void close() {
    closing.close();
  }

  private boolean answered() {
    return api.answered();
  }

  private boolean ready() {
    return !warming
        && live()
        && drain.running()
        && api.serving()
        && stores.journal().busyFor().compareTo(SLOW) < 0
        && reachable.getAsBoolean();
  }

  /** False if only a restart helps, because the embedded database has failed. */
  private boolean live() {
    return !stores.embedded
        || !stores.database.failed() && stores.journal().busyFor().compareTo(STUCK) < 0;
  }
}
