package dev.crossfade.websocket;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Message;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.FrameCodec;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every socket of this node: how many there may be, their heartbeat, their steering, their end.
 * Safe for many threads.
 */
public final class Connections {

  /** Below the 60 s after which common proxies and home routers cut a silent connection. */
  static final Duration PING_EVERY = Duration.ofSeconds(25);

  /** Two pings and an answer's time. */
  static final Duration SILENT_FOR = Duration.ofSeconds(60);

  static final Duration AUTH_WITHIN = Duration.ofSeconds(5);

  /** A write that took so long is to a reader that is gone or much too slow. */
  static final Duration SEND_WITHIN = Duration.ofSeconds(20);

  /** An assembly buffer that grew beyond this is given back after the frame. */
  static final int KEPT_BUFFER_CHARS = 1024;

  /** Where the line is lowered, so many at most change in a second on average. */
  static final int MOVES_PER_SECOND = 50;

  /** Up to these, which go before the pace. */
  static final Duration STEP_BACK_WITHIN = Duration.ofMinutes(5);

  static final Duration TO_ZERO_WITHIN = Duration.ofMinutes(1);

  /** Who was told and does not go is let go after this and up to as much again. */
  static final Duration LEAVE_GRACE = Duration.ofSeconds(10);

  /** Who is told to change does so at a random moment within, at least. */
  static final Duration CHANGE_WITHIN = Duration.ofSeconds(10);

  /** After a kill, who has not changed by then is let go, at a random moment up to it. */
  static final Duration KILLED_WITHIN = Duration.ofSeconds(15);

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.socket");
  private static final Logger MESSAGES = LoggerFactory.getLogger("crossfade.message");

  /** How many there may be. */
  public record Limits(
      int sockets,
      int perUser,
      int perAddress,
      int framesPerMinute,
      int handshakesPerMinute,
      SendLimits sends) {}

  /** What the sockets work with. */
  public record Services(
      MessageService messages,
      Authenticator authenticator,
      Rollout rollout,
      Presence presence,
      Devices devices,
      Meters meters,
      Executor closing,
      ScheduledExecutorService scheduler,
      Clock clock,
      LongSupplier nanos,
      RandomGenerator random,
      Language language) {}

  private final Services services;
  private final Limits limits;
  private final RateLimit frames;
  private final RateLimit handshakes;
  private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();
  private final Map<String, Connection> open = new ConcurrentHashMap<>();
  private volatile boolean draining;
  private volatile Duration leaveWithin;

  public Connections(Services services, Limits limits) {
    this.services = services;
    this.limits = limits;
    this.frames = new RateLimit(limits.framesPerMinute());
    this.handshakes = new RateLimit(limits.handshakesPerMinute());
  }

  public int size() {
    return open.size();
  }

  /**
   * Throws {@code unavailable} where the node has as many sockets as it may, or is going, and
   * {@code rate_limited} where this address has, or comes too often.
   */
  public void requireRoom(String address) {
    handshakes.take(address);
    if (byAddress.getOrDefault(address, 0) >= limits.perAddress()) {
      throw new ChatException(Problem.RATE_LIMITED)
          .with("retry_after", 1 + services.random().nextInt(10));
    }
    if (draining || open.size() >= limits.sockets()) {
      throw new ChatException(Problem.UNAVAILABLE)
          .with("retry_after", 1 + services.random().nextInt(10));
    }
  }

  // ---- the life of a socket

  /** Whether it takes no more. */
  public boolean draining() {
    return draining;
  }

  Connection opened(Session session) {
    session.setMaxIdleTimeout(SILENT_FOR.multipliedBy(2).toMillis());
    session.getAsyncRemote().setSendTimeout(SEND_WITHIN.toMillis());
    // Tomcat's own: its defaults are no limit, no limit, 20 s and 30 s.
    session.getUserProperties().put("org.apache.tomcat.websocket.READ_IDLE_TIMEOUT_MS", 90_000L);
    session.getUserProperties().put("org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT", 5_000L);
    session.getUserProperties().put("org.apache.tomcat.websocket.SESSION_CLOSE_TIMEOUT", 5_000L);
    Visit visit =
        session.getUserPrincipal() instanceof Visit known
            ? known
            : new Visit(null, null, "", null, null, null, "");
    String id = UUID.randomUUID().toString();
    Connection connection = new Connection(id, session, visit, this, nanos());
    open.put(id, connection);
    byAddress.merge(visit.address(), 1, Integer::sum);
    connection.opened();
    if (leaveWithin != null) {
      // Its handshake was let in before the drain began.
      letGo(connection, leaveWithin);
    }
    return connection;
  }

  /** A connection said who it is, for the first time or anew. */
  void identified(Connection connection, boolean first, String clientBefore) {
    Caller caller = connection.caller();
    if (first) {
      LOG.info("socket: {} connected from {}", caller.userId(), connection.address());
    } else {
      services.presence().socketClosed(caller, clientBefore);
    }
    services.presence().socketOpened(caller, connection.clientId());
    if (first) {
      services.rollout().observations().opened(connection.client());
    }
    supersede(connection);
  }

  /**
   * A newer socket of one page takes over; a user with too many loses the one silent for longest.
   */
  private void supersede(Connection newest) {
    List<Connection> mine =
        open.values().stream()
            .filter(c -> c.caller() != null && c.caller().key().equals(newest.caller().key()))
            .toList();
    for (Connection other : mine) {
      if (other != newest
          && newest.instance() != null
          && newest.instance().equals(other.instance())) {
        other.close(CloseCode.TAKEN_OVER, "a newer socket of this page took over");
      }
    }
    if (mine.size() > limits.perUser()) {
      mine.stream()
          .filter(other -> other != newest)
          .min(Comparator.comparingLong(Connection::silentSinceNanos))
          .ifPresent(oldest -> oldest.close(CloseCode.TAKEN_OVER, "too many sockets"));
    }
  }

  void introduce(Connection connection, Frame.Device device) {
    if (connection.clientId() == null) {
      return;
    }
    if (device == null) {
      services.devices().seen(connection.caller(), connection.clientId());
    } else {
      services
          .devices()
          .introduced(
              connection.caller(),
              connection.clientId(),
              device.name(),
              device.type(),
              device.platform());
    }
  }

  void gone(Connection connection, int code) {
    open.remove(connection.id());
    byAddress.computeIfPresent(connection.address(), (address, n) -> n > 1 ? n - 1 : null);
    frames.forget(connection.id());
    if (connection.caller() != null) {
      services.presence().socketClosed(connection.caller(), connection.clientId());
      boolean abnormal = code == CloseCode.BROKEN_OFF || connection.fellSilent();
      services
          .rollout()
          .observations()
          .closed(
              connection.client(),
              Duration.ofNanos(nanos() - connection.openedNanos()),
              abnormal,
              connection.useful());
      LOG.info("socket: {} disconnected ({})", connection.caller().userId(), code);
    }
  }

  /**
   * Tomcat's close writes its frame with a blocking call, up to BLOCKING_SEND_TIMEOUT where the
   * peer does not read; so it has threads of its own, and what others wait for is not behind it.
   */
  void closeSession(Session session, int code, String reason) {
    Runnable close =
        () -> {
          try {
            session.close(new CloseReason(closeCode(code), reason));
          } catch (IOException | RuntimeException alreadyGone) {
            LOG.debug("close", alreadyGone);
          }
        };
    try {
      services.closing().execute(close);
    } catch (RejectedExecutionException stopping) {
      close.run();
    }
  }

  private static CloseReason.CloseCode closeCode(int code) {
    return CloseReason.CloseCodes.getCloseCode(code);
  }

  // ---- all of them

  /** Called a few times a second: identity in time, heartbeat, silence. */
  public void tick() {
    long nanos = nanos();
    open.values().forEach(connection -> connection.tick(nanos));
  }

  /**
   * The rule has changed: whoever it moves is told at once, and moves at a random moment within a
   * time that is the longer the more they are; who is still here some time after is let go.
   */
  public void reconsider(Rule rule) {
    boolean killed = rule.killed() || services.rollout().locallyKilled();
    List<Connection> moved = open.values().stream().filter(Connection::moved).toList();
    Duration within = killed ? CHANGE_WITHIN : spread(moved.size(), rule.basisPoints() == 0);
    moved.forEach(connection -> connection.reconsider(within));
    for (Connection connection : open.values()) {
      if (killed) {
        Duration least = connection.clientId() == null ? Duration.ZERO : CHANGE_WITHIN;
        connection.leaveBy(nanosFromNow(least, KILLED_WITHIN));
      } else {
        connection.stayUnlessTold();
      }
    }
  }

  /** A random moment between the two from now, as {@link #nanos} counts. */
  long nanosFromNow(Duration least, Duration most) {
    return nanos() + services.random().nextLong(least.toNanos(), most.toNanos());
  }

  private static Duration spread(int sockets, boolean toZero) {
    Duration within = Duration.ofMillis(1_000L * sockets / MOVES_PER_SECOND);
    Duration most = toZero ? TO_ZERO_WITHIN : STEP_BACK_WITHIN;
    within = within.compareTo(most) > 0 ? most : within;
    return within.compareTo(CHANGE_WITHIN) < 0 ? CHANGE_WITHIN : within;
  }

  /** Sockets that were told to poll and are still here. */
  public int leaving() {
    return (int) open.values().stream().filter(Connection::leaving).count();
  }

  /** Whose sockets have been of use, for the rollout's figures. */
  public List<Client> clients() {
    return open.values().stream().filter(Connection::useful).map(Connection::client).toList();
  }

  /** A device was signed out. */
  public void signOut(Caller caller, String clientId) {
    for (Connection connection : open.values()) {
      if (connection.caller() != null
          && connection.caller().key().equals(caller.key())
          && clientId.equals(connection.clientId())) {
        connection.close(CloseCode.SIGNED_OUT, "signed out");
      }
    }
  }

  /** Staff see who comes and goes in their shop. */
  public void presence(Presence.Change change) {
    String frame = null;
    for (Connection connection : open.values()) {
      Caller caller = connection.caller();
      if (caller != null
          && caller.role().staff()
          && caller.shopId().equals(change.caller().shopId())
          && !caller.userId().equals(change.caller().userId())) {
        frame =
            frame == null ? FrameCodec.presence(change.caller().userId(), change.online()) : frame;
        connection.tell(frame);
      }
    }
  }

  /** Takes no more; those who are here stay. */
  public void drain() {
    draining = true;
  }

  /**
   * Tells everyone that this node is going and closes, one after the other at an even pace.
   *
   * @param comeBackWithin at a random moment in it they are to come back
   */
  public void letGo(Duration within, Duration comeBackWithin) {
    leaveWithin = comeBackWithin;
    List<Connection> leaving = List.copyOf(open.values());
    long gapNanos = leaving.isEmpty() ? 0 : within.toNanos() / leaving.size();
    for (int i = 0; i < leaving.size(); i++) {
      Connection connection = leaving.get(i);
      services
          .scheduler()
          .schedule(() -> letGo(connection, comeBackWithin), i * gapNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void letGo(Connection connection, Duration comeBackWithin) {
    connection.tell(FrameCodec.draining(services.random().nextLong(comeBackWithin.toMillis())));
    connection.close(CloseCode.RESTART, "restart");
  }

  // ---- what connections ask of their surroundings

  MessageService service() {
    return services.messages();
  }

  SendLimits sendLimits() {
    return limits.sends();
  }

  RateLimit frames() {
    return frames;
  }

  Caller verify(String token) {
    return services.authenticator().verify(token);
  }

  /** Whether an identity has expired or was revoked. */
  boolean over(Caller caller) {
    return services.authenticator().over(caller, services.clock().instant());
  }

  boolean welcome(Visit visit, Caller caller) {
    return visit.origin() == null
        || services.authenticator().welcome(visit.origin(), visit.self(), caller);
  }

  TransportChoice choose(Client client) {
    return services.rollout().choose(client);
  }

  void accepted(Message message) {
    services.meters().accepted(Transport.WEBSOCKET);
    MESSAGES.info(
        "message: conversation {} seq {} from {} over websocket",
        message.conversation(),
        message.seq(),
        message.senderId());
  }

  void delivered(Client client, List<Encoded> batch, boolean awaited) {
    services.meters().delivered(Transport.WEBSOCKET, batch.size());
    if (awaited) {
      Duration after =
          services.rollout().observations().delivered(client, batch.get(0).message().createdAt());
      services.meters().waited(Transport.WEBSOCKET, after);
    }
  }

  ChatException refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof ChatException refusal) {
      return refusal;
    }
    failed(cause);
    return new ChatException(Problem.INTERNAL);
  }

  void failed(Throwable unexpected) {
    LOG.error("a frame failed unexpectedly", unexpected);
  }

  Language language() {
    return services.language();
  }

  long nanos() {
    return services.nanos().getAsLong();
  }

  /** Jittered by a fifth, so that the pings of many sockets do not come at once. */
  long pingGapNanos() {
    long most = PING_EVERY.toNanos();
    return services.random().nextLong(most * 4 / 5, most);
  }
}
