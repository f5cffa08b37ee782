package dev.crossfade.websocket;

import dev.crossfade.identity.RateLimit;
import dev.crossfade.model.Network;
import dev.crossfade.peer.Budget;
import dev.crossfade.peer.Population;
import dev.crossfade.wire.Dialect;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The WebSocket carrier: gives each session a pipe, and the population a peer. */
public final class Sockets {

  /** A write that takes longer is to a reader that is gone or much too slow. */
  static final Duration SEND_WITHIN = Duration.ofSeconds(20);

  /** Tomcat's own limit on reading; longer than a silent peer is kept. */
  private static final Duration READ_WITHIN = Duration.ofSeconds(90);

  private static final Duration IDLE_FOR = Duration.ofMinutes(2);

  /**
   * Tomcat answers a ping, and writes a close, with a blocking call on one of its own threads. A
   * hundred peers that ping and never read would hold a hundred of them for this long, once: it
   * closes their sockets then.
   */
  private static final Duration BLOCKED_FOR = Duration.ofMillis(500);

  /** A client that is sent away in an orderly way is told so also on a loaded machine: 1012. */
  private static final Duration GOODBYE_WITHIN = Duration.ofSeconds(4);

  private static final String BLOCKING_SEND = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  /** For a client that takes nothing any more: hardly worth a close frame. */
  private static final Duration CUT_WITHIN = Duration.ofMillis(20);

  /** Two pools, so that no ping waits behind sockets that are hard to close. */
  public record Threads(Executor closing, Executor pings) {}

  private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);

  private final Population population;
  private final Dialect dialect;
  private final Budget budget;
  private final RateLimit handshakes;
  private final Threads threads;

  /**
   * @param handshakes by address
   * @param threads may both be blocked for the time that a control frame takes
   */
  public Sockets(
      Population population,
      Dialect dialect,
      Budget budget,
      RateLimit handshakes,
      Threads threads) {
    this.population = population;
    this.dialect = dialect;
    this.budget = budget;
    this.handshakes = handshakes;
    this.threads = threads;
  }

  /** Throws what refuses one more socket from this address. */
  public void requireRoom(String address) {
    handshakes.take(Network.source(address));
    population.requireStreamRoom(address);
  }

  SocketPipe pipe(Session session) {
    limit(session);
    session.setMaxIdleTimeout(IDLE_FOR.toMillis());
    session
        .getUserProperties()
        .put("org.apache.tomcat.websocket.READ_IDLE_TIMEOUT_MS", READ_WITHIN.toMillis());
    return new SocketPipe(session, this);
  }

  void serve(SocketPipe pipe, Session session) {
    population.connect(pipe, Visitor.of(session), pipe::serve).greet();
  }

  /** Tomcat's defaults are no limit, 20 s and 30 s. */
  static void limit(Session session) {
    session.getAsyncRemote().setSendTimeout(SEND_WITHIN.toMillis());
    session.getUserProperties().put(BLOCKING_SEND, BLOCKED_FOR.toMillis());
    session
        .getUserProperties()
        .put("org.apache.tomcat.websocket.SESSION_CLOSE_TIMEOUT", CLOSE_WITHIN.toMillis());
  }

  /** On threads of its own: what others wait for is not behind a peer that does not read. */
  void close(Session session, dev.crossfade.model.CloseReason why) {
    if (why == dev.crossfade.model.CloseReason.RESTART) {
      session.getUserProperties().put(BLOCKING_SEND, GOODBYE_WITHIN.toMillis());
    }
    close(session, why, threads.closing());
  }

  /** The same for a client that takes nothing any more. */
  void cut(Session session, dev.crossfade.model.CloseReason why) {
    session.getUserProperties().put(BLOCKING_SEND, CUT_WITHIN.toMillis());
    close(session, why, threads.closing());
  }

  /** What blocks for as long as Tomcat waits runs where nobody waits for it. */
  void apart(Runnable work) {
    apart(work, threads.pings());
  }

  static void apart(Runnable work, Executor threads) {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException stopping) {
      work.run();
    }
  }

  static void close(Session session, dev.crossfade.model.CloseReason why, Executor closing) {
    Runnable close =
        () -> {
          try {
            CloseReason.CloseCode code = CloseReason.CloseCodes.getCloseCode(why.code());
            session.close(new CloseReason(code, why.text()));
          } catch (IOException | RuntimeException alreadyGone) {
            LOG.debug("close", alreadyGone);
          }
        };
    apart(close, closing);
  }

  Dialect dialect() {
    return dialect;
  }

  Budget budget() {
    return budget;
  }
}
