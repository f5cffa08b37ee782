package dev.crossfade.websocket;

import dev.crossfade.identity.RateLimit;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.peer.Budget;
import dev.crossfade.wire.Json;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpointConfig;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sockets that give back what they are sent, for the page {@code doctor/}: no identity and no
 * heartbeat, so that silence can be measured, and tight bounds instead. Safe for many threads.
 */
public final class Echoes {

  /** On this node. */
  static final int MAX_OPEN = 500;

  /** An office behind one address has a few people who look at the page at once. */
  static final int MAX_PER_ADDRESS = 20;

  static final int HANDSHAKES_PER_MINUTE = 120;

  /** One run of the page sends ten. */
  static final int MAX_FRAMES = 50;

  /**
   * Of all of them together; a budget of their own, because anybody may open one. Beyond it each
   * may have {@link Outbox#MAX_CHARS_WHEN_SPENT}.
   */
  private static final long MAX_WAITING_CHARS = 1_000_000;

  /** The page is silent for 70 s. */
  static final Duration LIFETIME = Duration.ofMinutes(3);

  private static final Logger LOG = LoggerFactory.getLogger(Echoes.class);

  private final ScheduledExecutorService scheduler;
  private final Executor closing;
  private final Budget budget = new Budget(MAX_WAITING_CHARS);
  private final RateLimit handshakes = new RateLimit(HANDSHAKES_PER_MINUTE);
  private final Map<Echo, String> open = new ConcurrentHashMap<>();

  /** {@code closing} may be blocked for the time that a close frame takes. */
  public Echoes(ScheduledExecutorService scheduler, Executor closing) {
    this.scheduler = scheduler;
    this.closing = closing;
  }

  /** For {@code ServerContainer.addEndpoint}. */
  public ServerEndpointConfig at(String path) {
    return MessageEndpoint.at(path, Echo.class, Echo::new);
  }

  public int size() {
    return open.size();
  }

  /**
   * Throws {@code unavailable} where the node has as many as it may, and {@code rate_limited} where
   * this address has, or comes too often.
   */
  public void requireRoom(String address) {
    handshakes.take(address);
    if (open.size() >= MAX_OPEN) {
      throw new ChatException(Problem.UNAVAILABLE);
    }
    if (open.values().stream().filter(address::equals).count() >= MAX_PER_ADDRESS) {
      throw new ChatException(Problem.RATE_LIMITED);
    }
  }

  private final class Echo extends Endpoint implements MessageHandler.Partial<String>, OutboxOwner {

    private final StringBuilder frame = new StringBuilder();
    private Session session;
    private Outbox outbox;
    private ScheduledFuture<?> end;
    private int frames;

    @Override
    public void onOpen(Session opened, EndpointConfig config) {
      session = opened;
      outbox = new Outbox(session.getAsyncRemote(), this, budget);
      Sockets.limit(session);
      open.put(this, Visitor.of(session).address());
      end =
          scheduler.schedule(
              () -> outbox.close(CloseReason.GOING_AWAY),
              LIFETIME.toMillis(),
              TimeUnit.MILLISECONDS);
      session.addMessageHandler(this);
    }

    @Override
    public void onMessage(String part, boolean last) {
      if (frame.length() + part.length() > Json.MAX_CHARS) {
        outbox.close(CloseReason.TOO_BIG);
        frame.setLength(0);
        return;
      }
      frame.append(part);
      if (last && ++frames > MAX_FRAMES) {
        outbox.close(CloseReason.TOO_MANY);
      } else if (last) {
        outbox.text(frame.toString());
        frame.setLength(0);
      }
    }

    @Override
    public void onClose(Session closed, jakarta.websocket.CloseReason reason) {
      outbox.drop();
      open.remove(this);
      if (end != null) {
        end.cancel(false);
      }
    }

    @Override
    public void onError(Session failed, Throwable thrown) {
      LOG.debug("echo failed", thrown);
    }

    @Override
    public void apart(Runnable work) {
      Sockets.apart(work, closing);
    }

    @Override
    public void roomAgain() {
      // Nobody waits to send.
    }

    @Override
    public void pinged() {
      // Never pinged.
    }

    @Override
    public void broken() {
      closeNow(CloseReason.WRITE_FAILED);
    }

    @Override
    public void closeNow(CloseReason why) {
      Sockets.close(session, why, closing);
    }
  }
}
