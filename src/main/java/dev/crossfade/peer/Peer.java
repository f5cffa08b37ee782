package dev.crossfade.peer;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.MessageService;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Reply;
import dev.crossfade.wire.Said;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One caller's conversation with the server, over whatever carries it: who it is, what it has
 * joined, which transport it was told to use, and its end. Safe for many threads; frames come on
 * one thread at a time and may block it for a round trip to the store, which slows down a client
 * that sends too fast. Nothing else here blocks.
 */
public final class Peer {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.socket");

  /** Where a peer stands. {@link #move} is the only place where that changes. */
  private enum State {
    /** Has yet to say who it is. */
    UNKNOWN,
    ACTIVE,
    /** Is to go by a certain time. */
    LEAVING,
    /** Is being closed: what it still says is not heard. */
    CLOSING,
    GONE;

    boolean mayBecome(State next) {
      return switch (this) {
        case UNKNOWN, ACTIVE, LEAVING -> next != UNKNOWN && next != this;
        case CLOSING -> next == GONE;
        case GONE -> false;
      };
    }

    boolean open() {
      return this != CLOSING && this != GONE;
    }
  }

  /** Who of one user's peers are the same reader, and how many of them there may be. */
  public record Reader(String key, int atMost) {}

  private final String id;
  private final Pipe pipe;
  private final Visit visit;
  private final Population population;
  private final Services at;
  private final Feeds feeds = new Feeds(this);
  private final FrameHandler frames;
  private final long openedNanos;
  private volatile State state = State.UNKNOWN;
  private volatile Caller caller;
  private volatile String clientId;
  private volatile Reader reader;
  private volatile Transport told;
  private volatile Departure departure;
  private volatile CloseReason endedBy;
  private volatile long identifiedNanos;
  private volatile long heardNanos;
  private volatile long pingAtNanos;
  private volatile long pingedNanos;

  Peer(String id, Pipe pipe, Visit visit, Population population, Services at) {
    this.id = id;
    this.pipe = pipe;
    this.visit = visit;
    this.population = population;
    this.at = at;
    this.clientId = visit.clientId();
    this.frames = new FrameHandler(this, at);
    this.openedNanos = at.time().now();
    this.heardNanos = openedNanos;
    this.pingAtNanos = openedNanos + population.pingGapNanos();
  }

  // ---- what the carrier calls

  /** The first word on a connection. If the visit carried an identity, it stands from now on. */
  public void greet() {
    pipe.send(new Reply.Connected(id, Pace.PING_EVERY.toMillis()));
    if (visit.caller() != null) {
      identify(visit.caller(), visit.clientId(), null);
    }
  }

  /** A frame came. May block for a round trip to the store; throws nothing. */
  public void heard(Said said) {
    if (state.open()) {
      heardNanos = at.time().now();
      frames.on(said);
    }
  }

  /** A part of a frame, or the answer to a ping, came. */
  public void stirred() {
    heardNanos = at.time().now();
  }

  /** A ping came or was answered: it counts like a frame. */
  public void knocked() {
    stirred();
    frames.flooded();
  }

  /** A heartbeat was really written, to a client that must answer it. */
  public void pinged() {
    pingedNanos = at.time().now();
  }

  /** The pipe has room for a batch, after it had none. */
  public void roomAgain() {
    feeds.roomAgain();
  }

  /**
   * Listens to a conversation. Blocks for a look into the store.
   *
   * @throws ChatException what the service refuses
   */
  public void join(MessageService.Place place, int batchLimit) {
    feeds.join(at.messages(), place, batchLimit);
  }

  /** The carrier has lost it, or is done with it. Twice is harmless. */
  public void gone(boolean brokenOff) {
    boolean known;
    synchronized (this) {
      if (!move(State.GONE)) {
        return;
      }
      known = caller != null;
      population.leave(this);
    }
    feeds.end();
    at.access().frames().forget(id);
    if (known && pipe.transport() == Transport.WEBSOCKET) {
      at.rollout()
          .observations()
          .closed(
              client(),
              Duration.ofNanos(at.time().now() - openedNanos),
              brokenOff || endedBy == CloseReason.SILENT,
              useful());
      LOG.info("socket: {} disconnected ({})", caller.userId(), endedBy == null ? "" : endedBy);
    }
  }

  /** Ends it after all that was said before. Twice is harmless; the first reason stands. */
  public void close(CloseReason why) {
    if (end(why)) {
      pipe.close(why);
    }
  }

  /** Ends it at once. */
  void abort(CloseReason why) {
    end(why);
    pipe.abort(why);
  }

  /** Its one answer is on its way: nothing more is delivered to it. */
  public void answered() {
    end(null);
  }

  private boolean end(CloseReason why) {
    synchronized (this) {
      if (!move(State.CLOSING)) {
        return false;
      }
      endedBy = why;
    }
    feeds.end();
    return true;
  }

  private boolean move(State next) {
    if (!state.mayBecome(next)) {
      return false;
    }
    state = next;
    return true;
  }

  // ---- who it is

  /**
   * It said who it is, for the first time or anew. False where it was closed meanwhile.
   *
   * @param newReader null where it named no instance
   */
  public boolean identify(Caller who, String client, Reader newReader) {
    boolean first;
    synchronized (this) {
      if (!state.open()) {
        return false;
      }
      Caller before = caller;
      String clientBefore = clientId;
      first = before == null;
      told = at.rollout().choose(client(who, client)).transport();
      clientId = client;
      reader = newReader;
      caller = who;
      if (first) {
        identifiedNanos = at.time().now();
      }
      if (state == State.UNKNOWN) {
        move(State.ACTIVE);
      }
      population.enter(this, before, clientBefore);
    }
    if (first && pipe.transport() == Transport.WEBSOCKET) {
      LOG.info("socket: {} connected from {}", who.userId(), visit.address());
      at.rollout().observations().opened(client());
    }
    if (!pipe.once()) {
      takeOver();
    }
    if (at.access().authenticator().over(who, at.time().clock().instant())) {
      // Revoked since it was let in: the revocation found nothing here.
      close(CloseReason.EXPIRED);
    }
    // The rule may have changed while this peer could not be told yet.
    population.steering().reconsider(this);
    return true;
  }

  /** Older peers of the same reader end, and those beyond what one user may have. */
  public void takeOver() {
    population.supersede(this);
  }

  public Caller caller() {
    return caller;
  }

  /** The client as the rollout knows it; only once it has said who it is. */
  public Client client() {
    return client(caller, clientId);
  }

  private Client client(Caller who, String id) {
    return new Client(
        id == null ? who.userId() : id, who.shopId(), visit.version(), visit.platform());
  }

  // ---- steering

  /** Whether the rule moves it. A connection that named no client may have no other way. */
  boolean movedBy(TransportChoice choice) {
    return (pipe.once() || clientId != null) && choice.transport() != told;
  }

  /**
   * Tells it to change within that time. A client that is told to poll has a grace period; being
   * told WebSocket again takes that back. A held request is answered instead, at its time.
   */
  void tell(TransportChoice choice, Duration within, long byNanos) {
    told = choice.transport();
    if (pipe.once()) {
      leaveBy(new Departure(byNanos, CloseReason.USE_POLLING, Departure.Cause.MOVED));
      return;
    }
    stay(Departure.Cause.MOVED);
    if (told == Transport.POLLING && pipe.transport() != told) {
      leaveBy(new Departure(byNanos, CloseReason.USE_POLLING, Departure.Cause.MOVED));
    }
    pipe.send(new Reply.Change(told, within.toMillis(), choice.reason().text()));
  }

  /** Goes by then, unless it is to go sooner already. */
  synchronized void leaveBy(Departure wanted) {
    if (state.open() && (departure == null || wanted.sooner(departure))) {
      departure = wanted;
      move(State.LEAVING);
    }
  }

  /** The cause of its going is over. */
  synchronized void stay(Departure.Cause cause) {
    if (state == State.LEAVING && departure.cause() == cause && caller != null) {
      departure = null;
      move(State.ACTIVE);
    }
  }

  boolean wasTold(Transport transport) {
    return told == transport && clientId != null;
  }

  boolean open() {
    return state.open();
  }

  boolean leaving() {
    return state == State.LEAVING;
  }

  // ---- what goes out

  void delivered(List<Encoded> batch, boolean awaited) {
    at.meters().delivered(pipe.transport(), batch.size());
    if (awaited) {
      Instant committed = batch.get(0).message().createdAt();
      Duration after = at.rollout().observations().delivered(client(), committed);
      at.meters().waited(pipe.transport(), after);
    }
  }

  // ---- time

  /**
   * Looks at all deadlines; called every {@link Pace#LOOK_EVERY}.
   *
   * @param judgeSilence false after this node itself stood still
   */
  void tick(long now, Instant time, boolean judgeSilence) {
    Caller who = caller;
    if (who == null && state == State.UNKNOWN && now - openedNanos > Pace.AUTH_WITHIN.toNanos()) {
      pipe.send(new Reply.Refused(new ChatException(Problem.NOT_AUTHENTICATED), null));
      close(CloseReason.NO_IDENTITY);
    } else if (who != null && who.expired(time)) {
      close(CloseReason.EXPIRED);
    }
    Departure due = departure;
    if (due != null && now - due.byNanos() >= 0) {
      if (due.comeBackInMs() != null && state.open()) {
        pipe.send(new Reply.Draining(due.comeBackInMs()));
      }
      close(due.why());
    }
    if (!pipe.once()) {
      heartbeat(now, judgeSilence);
    }
  }

  private void heartbeat(long now, boolean judgeSilence) {
    boolean unanswered =
        pingedNanos - heardNanos > 0 && now - pingedNanos > Pace.ANSWER_WITHIN.toNanos();
    if (unanswered && now - heardNanos > Pace.SILENT_FOR.toNanos() && judgeSilence) {
      abort(CloseReason.SILENT);
    } else if (now - pingAtNanos >= 0) {
      pingAtNanos = now + population.pingGapNanos();
      pipe.send(new Reply.Heartbeat());
    }
  }

  /** Whether anything came from the client after it had said who it is. */
  boolean useful() {
    return caller != null && heardNanos - identifiedNanos > 0;
  }

  long silentSinceNanos() {
    return heardNanos;
  }

  long openedNanos() {
    return openedNanos;
  }

  String id() {
    return id;
  }

  public Pipe pipe() {
    return pipe;
  }

  Visit visit() {
    return visit;
  }

  Feeds feeds() {
    return feeds;
  }

  String clientId() {
    return clientId;
  }

  Reader reader() {
    return reader;
  }
}
