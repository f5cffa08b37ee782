package dev.crossfade.app;

import dev.crossfade.http.ApiConfig;
import dev.crossfade.http.ApiServlet;
import dev.crossfade.http.EntryFilter;
import dev.crossfade.http.HealthServlet;
import dev.crossfade.http.chat.AvailabilityResource;
import dev.crossfade.http.chat.DevicesResource;
import dev.crossfade.http.chat.IdentityResource;
import dev.crossfade.http.chat.MessagesResource;
import dev.crossfade.http.chat.ReceiptsResource;
import dev.crossfade.http.chat.SessionsResource;
import dev.crossfade.http.desk.CannedResource;
import dev.crossfade.http.desk.NotesResource;
import dev.crossfade.http.desk.PeopleResource;
import dev.crossfade.http.desk.SearchResource;
import dev.crossfade.http.desk.VisitorResource;
import dev.crossfade.http.doctor.DoctorResource;
import dev.crossfade.http.doctor.Handshakes;
import dev.crossfade.http.ops.AuditResource;
import dev.crossfade.http.ops.GateResource;
import dev.crossfade.http.ops.HistoryResource;
import dev.crossfade.http.ops.NodeResource;
import dev.crossfade.http.ops.RolloutResource;
import dev.crossfade.http.ops.ShopsResource;
import dev.crossfade.http.poll.HeldPolls;
import dev.crossfade.http.poll.TransportResource;
import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.PublicKeys;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.Revocations;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.identity.Shops;
import dev.crossfade.identity.Tickets;
import dev.crossfade.identity.Tokens;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Inbox;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Notes;
import dev.crossfade.message.Presence;
import dev.crossfade.message.Subscriptions;
import dev.crossfade.metrics.History;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Posted;
import dev.crossfade.rollout.Arm;
import dev.crossfade.rollout.Fallbacks;
import dev.crossfade.rollout.Guard;
import dev.crossfade.rollout.LocalKill;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.Signal;
import dev.crossfade.store.CannedReplies;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.Database;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.Journal;
import dev.crossfade.store.MessageSearch;
import dev.crossfade.store.MessageStore;
import dev.crossfade.store.NoteStore;
import dev.crossfade.store.ReceiptStore;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.RolloutNodes;
import dev.crossfade.store.ShopStore;
import dev.crossfade.store.TicketStore;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.websocket.Connections;
import dev.crossfade.websocket.Echoes;
import dev.crossfade.websocket.HandshakeFilter;
import dev.crossfade.websocket.MessageEndpoint;
import dev.crossfade.wire.MessageJson;
import jakarta.servlet.http.HttpServlet;
import jakarta.websocket.server.ServerEndpointConfig;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The object graph of one node, built from the lowest floor up and closed in reverse. No logic. */
final class App implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(App.class);

  /** They read the store and write to sockets; both mostly wait. */
  private static final int DELIVERY_THREADS =
      Math.max(8, 4 * Runtime.getRuntime().availableProcessors());

  /** They only write close frames, and now and then wait for a peer that does not read. */
  private static final int CLOSING_THREADS = 4;

  /** No commit to a file takes so long. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  private static final List<String> OUTCOMES = List.of("bad", "good");

  private final Deque<AutoCloseable> closing = new ArrayDeque<>();
  private final Connections connections;
  private final Database database;
  private final boolean embedded;
  private final Journal<MessageStore.Entry, Posted> journal;
  private final ApiServlet api;
  private final HealthServlet health;
  private final EntryFilter entryFilter;
  private final HandshakeFilter handshake;
  private final Handshakes handshakes = new Handshakes();
  private final Echoes echoes;
  private final HandshakeFilter echoHandshake;
  private final Shops shops;
  private final Drain drain;

  /**
   * @param given ops' own DataSource, or null
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  App(Settings settings, DataSource given, Clock clock, LongSupplier nanos) {
    try {
      RandomGenerator random = new SecureRandom();
      Settings.PerMinute perMinute = settings.limits().perMinute();
      ThreadFactory threads = threads();
      Meters meters = keep(new Meters());

      DataSource dataSource =
          given == null ? keep(Pools.open(settings, threads)).dataSource() : given;
      embedded = given == null && settings.store().embedded();
      database =
          keep(
              new Database(
                  dataSource,
                  settings.store().h2Checkpoint(),
                  embedded ? settings.node().home().toFile() : null));

      // Closed in reverse: first the timer, then the journal, whose answers the delivery threads
      // still write, then those threads, and the database when nobody reads it any more.
      ExecutorService delivery = Executors.newFixedThreadPool(DELIVERY_THREADS, threads);
      closing.push(() -> stop(delivery));
      ExecutorService closer = Executors.newFixedThreadPool(CLOSING_THREADS, threads);
      closing.push(() -> stop(closer));
      MessageStore messages = new MessageStore(database, clock);
      ConversationStore conversations = new ConversationStore(database, clock);
      ReceiptStore receipts = new ReceiptStore(database, clock);
      journal =
          keep(
              new Journal<>(
                  database,
                  messages::append,
                  settings.store().journalCapacity(),
                  settings.store().journalBatch(),
                  nanos,
                  threads));
      ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, threads);
      scheduler.setRemoveOnCancelPolicy(true);
      closing.push(() -> stop(scheduler));

      Subscriptions subscriptions =
          new Subscriptions(messages, conversations, MessageJson::message, delivery);
      Inbox inbox = new Inbox();
      Presence presence = new Presence(clock);
      Devices devices = new Devices(new DeviceStore(database, clock), clock);
      MessageService service =
          new MessageService(
              messages, conversations, receipts, journal, subscriptions, inbox, database.epoch());
      LocalKill localKill =
          new LocalKill(settings.node().home(), () -> Boolean.getBoolean("crossfade.kill"));
      keep(new Managed("LocalKill", localKill));
      Rollout rollout =
          new Rollout(new ToggleTable(database), new Fallbacks(clock), localKill, clock);

      shops = new Shops(new ShopStore(database, clock));
      String jwks = settings.identity().jwks();
      Tokens tokens =
          new Tokens(
              settings.identity().secret(),
              jwks == null ? null : keep(PublicKeys.open(jwks, delivery, scheduler)),
              settings.identity().issuer(),
              settings.identity().audience(),
              clock);
      Revocations revocations = new Revocations(new RevocationStore(database), clock);
      Authenticator authenticator = new Authenticator(tokens, shops, revocations);
      Tickets tickets = new Tickets(new TicketStore(database), authenticator, clock);

      HeldPolls polls =
          new HeldPolls(
              rollout,
              meters,
              delivery,
              scheduler,
              random,
              caller -> authenticator.over(caller, clock.instant()),
              new HeldPolls.Limits(
                  settings.limits().polls().all(),
                  settings.limits().polls().perUser(),
                  settings.limits().polls().perAddress()));
      SendLimits sendLimits =
          new SendLimits(
              perMinute.sends().user(), perMinute.sends().shop(), perMinute.sends().address());
      connections =
          new Connections(
              new Connections.Services(
                  service,
                  authenticator,
                  rollout,
                  presence,
                  devices,
                  meters,
                  closer,
                  scheduler,
                  clock,
                  nanos,
                  random,
                  settings.node().language()),
              new Connections.Limits(
                  settings.limits().sockets().all(),
                  settings.limits().sockets().perUser(),
                  settings.limits().sockets().perAddress(),
                  perMinute.frames(),
                  perMinute.handshakes(),
                  sendLimits));
      entryFilter =
          new EntryFilter(
              authenticator, new RateLimit(perMinute.requests()), settings.node().language());
      handshake =
          new HandshakeFilter(
              authenticator,
              tickets,
              rollout,
              connections::requireRoom,
              settings.node().language());
      echoes = new Echoes(scheduler, closer);
      echoHandshake =
          new HandshakeFilter(
              authenticator,
              tickets,
              rollout,
              address -> {
                connections.requireRoom(address);
                echoes.requireRoom(address);
              },
              settings.node().language());
      DoctorResource doctor = new DoctorResource(rollout, handshakes, scheduler, delivery);
      History history = new History(meters, connections::size, polls::size, clock);
      history.tick();
      drain =
          new Drain(
              connections, polls, this::answered, scheduler, clock, settings.node().drainGrace());
      Consumer<Guard.Notice> told =
          settings.webhook() == null
              ? notice -> {}
              : new Webhook(
                      settings.webhook().url(), settings.webhook().secret(), delivery, scheduler)
                  ::tell;
      Guard guard =
          new Guard(
              rollout,
              new RolloutNodes(database),
              connections::clients,
              new Vitals(
                  connections,
                  polls,
                  settings.limits().sockets().all(),
                  settings.limits().polls().all()),
              UUID.randomUUID().toString(),
              clock,
              told);
      closing.push(guard::leave);
      api =
          new ApiServlet(
              new ApiConfig(
                  List.of(
                      new IdentityResource(
                          tokens, tickets, shops, revocations, new RateLimit(perMinute.visitors())),
                      new MessagesResource(
                          service,
                          polls,
                          sendLimits,
                          presence,
                          devices,
                          meters,
                          delivery,
                          scheduler,
                          clock),
                      new SessionsResource(service, inbox, polls, presence, scheduler, clock),
                      new VisitorResource(service, presence, devices),
                      new NotesResource(new Notes(new NoteStore(database, clock), inbox)),
                      new CannedResource(new CannedReplies(database)),
                      new SearchResource(new MessageSearch(database)),
                      new ReceiptsResource(service),
                      new DevicesResource(devices, presence),
                      new PeopleResource(service, presence, polls, delivery, scheduler, clock),
                      new TransportResource(rollout, new RateLimit(perMinute.reports()), meters),
                      new RolloutResource(rollout, shops),
                      new GateResource(rollout, guard),
                      new HistoryResource(history),
                      new AuditResource(rollout),
                      new ShopsResource(shops),
                      new AvailabilityResource(shops, presence),
                      new NodeResource(drain),
                      doctor)),
              () -> {
                doctor.stop();
                drain.stop();
              });
      health = new HealthServlet(this::live, this::ready, meters);

      rollout.refresh();
      rollout.watch(rule -> polls.reconsider());
      rollout.watch(connections::reconsider);
      revocations.watch(polls::expel);
      devices.watchSignOut(polls::signOut);
      devices.watchSignOut(connections::signOut);
      presence.watch(connections::presence);
      meters.gauge("crossfade.sockets.open", "Open WebSockets", connections::size);
      meters.gauge("crossfade.polls.held", "Requests held for news", polls::size);
      meters.gauge(
          "crossfade.conversations.live",
          "Conversations that somebody listens to",
          subscriptions::liveConversations);
      meters.gauge(
          "crossfade.sockets.leaving", "Told to poll and still open", connections::leaving);
      meters.gauge("crossfade.journal.waiting", "Messages not yet committed", journal::waiting);

      gauges(meters, rollout, guard);

      Housekeeping housekeeping = new Housekeeping(scheduler, delivery);
      housekeeping.every(Duration.ofMillis(500), connections::tick);
      housekeeping.every(Duration.ofSeconds(1), rollout::refresh);
      housekeeping.every(Duration.ofSeconds(1), revocations::refresh);
      housekeeping.every(Duration.ofSeconds(2), subscriptions::sweep);
      housekeeping.every(Duration.ofSeconds(5), presence::sweep);
      housekeeping.every(Duration.ofSeconds(5), guard::tick);
      housekeeping.every(Duration.ofSeconds(10), shops::refresh);
      housekeeping.every(History.EVERY, history::tick);
      housekeeping.every(Duration.ofMinutes(1), tickets::prune);
      housekeeping.every(Duration.ofHours(1), revocations::prune);
      housekeeping.every(Duration.ofHours(1), guard::prune);
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  private static void gauges(Meters meters, Rollout rollout, Guard guard) {
    meters.gauge(
        "crossfade.rollout.percentage",
        "Clients that are to use WebSocket, percent",
        () -> rollout.serving() ? rollout.rule().percentage() : 0);
    meters.gauge(
        "crossfade.rollout.verdict",
        "What the gate says: 0 nothing, 1 promote, 2 ask, 3 hold, 4 exclude a shop, 5 step back, 6 to"
            + " zero",
        () -> guard.verdict().kind().ordinal());
    String counted = "What this node has seen of a signal since the percentage changed";
    for (Signal signal : Signal.values()) {
      for (Arm arm : Arm.values()) {
        for (int i = 0; i < OUTCOMES.size(); i++) {
          int which = i;
          meters.gauge(
              "crossfade.rollout.observations",
              counted,
              () -> rollout.observations().total(signal, arm)[which],
              "signal",
              signal.text(),
              "arm",
              arm.text(),
              "outcome",
              OUTCOMES.get(i));
        }
      }
    }
  }

  EntryFilter entryFilter() {
    return entryFilter;
  }

  HandshakeFilter handshake() {
    return handshake;
  }

  Handshakes handshakes() {
    return handshakes;
  }

  HandshakeFilter echoHandshake() {
    return echoHandshake;
  }

  HttpServlet api() {
    return api;
  }

  HttpServlet health() {
    return health;
  }

  Shops shops() {
    return shops;
  }

  ServerEndpointConfig echo() {
    return echoes.at("/doctor/echo");
  }

  ServerEndpointConfig endpoint() {
    return MessageEndpoint.at("/ws", connections);
  }

  /** Lets everyone go in an orderly way. Blocks for a few seconds at most. Twice is harmless. */
  void drain() {
    drain.stop();
  }

  @Override
  public void close() {
    while (!closing.isEmpty()) {
      try {
        closing.pop().close();
      } catch (Exception e) {
        LOG.warn("close: {}", e.toString());
      }
    }
  }

  private boolean answered() {
    return api.answered();
  }

  private boolean ready() {
    return live() && drain.running() && api.serving() && database.reachable();
  }

  /** False where only a restart helps: an embedded database that failed goes down with us. */
  private boolean live() {
    return !embedded || !database.failed() && journal.busyFor().compareTo(STUCK) < 0;
  }

  private <T extends AutoCloseable> T keep(T closeable) {
    closing.push(closeable);
    return closeable;
  }

  private static void stop(ExecutorService executor) throws InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
      executor.shutdownNow();
      executor.awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static ThreadFactory threads() {
    AtomicInteger count = new AtomicInteger();
    return work -> {
      Thread thread = new Thread(work, "crossfade-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
