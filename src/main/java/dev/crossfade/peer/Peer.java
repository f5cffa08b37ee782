package dev.crossfade.peer;

import dev.crossfade.message.Place;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.Reply;
import dev.crossfade.wire.Said;
import java.time.Instant;
import java.util.Objects;

/**
 * One caller's conversation with the server, over whatever carries it: who it is, what it has
 * joined, which transport it was told to use, and its end. Safe for many threads. Frames come on
 * one thread at a time and may block it for a round trip to the store; nothing else here blocks.
 */
public final class Peer {

  final String id;
  private final Pipe pipe;
  final Visit visit;
  private final Population population;
  private final Services at;
  final Feeds feeds = new Feeds(this);
  private final FrameHandler frames;
  final Observed observed;
  private final Liveness liveness;
  final long openedNanos;
  private volatile PeerState state = PeerState.UNKNOWN;
  private volatile Caller caller;
  private volatile String clientId;
  private volatile Reader reader;

  /** Which of two is older; 0 until it takes over. */
  volatile long number;

  /** What it was told to use; for {@link Steering} alone. */
  volatile Transport told;

  private final Departures departures = new Departures();
  private volatile Departure departure;
  private volatile CloseReason endedBy;
  private boolean aborted;
  private volatile long identifiedNanos;

  Peer(String id, Pipe pipe, Visit visit, Population population, Services at) {
    this.id = id;
    this.pipe = pipe;
    this.visit = visit;
    this.population = population;
    this.at = at;
    this.clientId = visit.clientId();
    this.frames = new FrameHandler(this, at);
    this.observed = new Observed(this, at);
    this.openedNanos = at.time().now();
    this.liveness = new Liveness(openedNanos, at.time().random());
  }

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
      stirred();
      frames.on(said);
    }
  }

  /** A part of a frame came. */
  public void stirred() {
    liveness.heard(at.time().now());
  }

  /** A ping was answered: it counts like a frame. */
  public void knocked() {
    stirred();
    frames.flooded();
  }

  /** A heartbeat was really written, to a client that must answer it. */
  public void pinged() {
    liveness.pinged(at.time().now());
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
  public void join(Place place, int batchLimit) {
    feeds.join(at.messages(), place, batchLimit);
  }

  /** The carrier has lost it, or is done with it. Twice is harmless. */
  public void gone(boolean brokenOff) {
    boolean known;
    synchronized (this) {
      if (!move(PeerState.GONE)) {
        return;
      }
      known = caller != null;
      population.leave(this);
    }
    feeds.end();
    at.access().frames().forget(id);
    if (known) {
      observed.closed(brokenOff || endedBy == CloseReason.SILENT, endedBy);
    }
  }

  /** Ends it after all that was said before. Twice is harmless; the first reason stands. */
  public void close(CloseReason why) {
    if (end(why)) {
      pipe.close(why);
    } else if (why.atOnce() && state == PeerState.CLOSING) {
      pipe.abort(why);
    }
  }

  /** Its one answer is on its way: nothing more is delivered to it. */
  public void answered() {
    end(null);
  }

  private boolean end(CloseReason why) {
    synchronized (this) {
      if (!move(PeerState.CLOSING)) {
        return false;
      }
      endedBy = why;
      liveness.ended(at.time().now());
    }
    feeds.end();
    return true;
  }

  private boolean move(PeerState next) {
    if (!state.mayBecome(next)) {
      return false;
    }
    state = next;
    return true;
  }

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
      if (first || !Objects.equals(clientBefore, client)) {
        told = at.rollout().choose(visit.client(who, client)).transport();
      }
      clientId = client;
      reader = newReader;
      caller = who;
      if (first) {
        identifiedNanos = at.time().now();
      }
      if (state == PeerState.UNKNOWN) {
        move(PeerState.ACTIVE);
      }
      population.enter(this, before, clientBefore);
    }
    if (first) {
      observed.opened();
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
    if (number == 0) {
      number = population.nextNumber();
    }
    population.supersede(this);
  }

  public Caller caller() {
    return caller;
  }

  /** The client as the rollout knows it; only once it has said who it is. */
  public Client client() {
    return visit.client(caller, clientId);
  }

  /** Goes by then, or sooner if there is another cause. */
  synchronized void leaveBy(Departure wanted) {
    if (state.open()) {
      departure = departures.with(wanted);
      move(PeerState.LEAVING);
    }
  }

  /** One cause of its going is over; others stand. */
  synchronized void stay(Departure.Cause cause) {
    departure = departures.without(cause);
    if (departure == null && state == PeerState.LEAVING) {
      move(caller == null ? PeerState.UNKNOWN : PeerState.ACTIVE);
    }
  }

  boolean open() {
    return state.open();
  }

  boolean leaving() {
    return state == PeerState.LEAVING;
  }

  /**
   * Looks at all deadlines; called every {@link Pace#LOOK_EVERY}. {@code judgeSilence} is false
   * after this node itself stood still.
   */
  void tick(long now, Instant time, boolean judgeSilence) {
    Caller who = caller;
    if (who == null && state.open() && now - openedNanos > Pace.AUTH_WITHIN.toNanos()) {
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
    if (liveness.lingers(now) || judgeSilence && liveness.silent(now)) {
      if (!aborted) {
        aborted = true;
        end(CloseReason.SILENT);
        pipe.abort(endedBy);
      }
    } else if (liveness.heartbeatDue(now)) {
      pipe.send(new Reply.Heartbeat());
    }
  }

  /** Whether anything came from the client after it had said who it is. */
  boolean useful() {
    return caller != null && silentSinceNanos() - identifiedNanos > 0;
  }

  long silentSinceNanos() {
    return liveness.heardNanos();
  }

  public Pipe pipe() {
    return pipe;
  }

  String clientId() {
    return clientId;
  }

  Reader reader() {
    return reader;
  }
}
