package dev.crossfade.peer;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Stall;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everybody who is connected to this node, on whichever carrier: how many there may be, who
 * supersedes whom, and how they leave. Found by user, so that no sign-in looks at all of them. Safe
 * for many threads; nothing here blocks.
 */
public final class Population {

  private static final Logger LOG = LoggerFactory.getLogger(Population.class);

  /** Upper bound in seconds of the random time after which a refused client comes back. */
  private static final int STREAM_COMES_BACK_SECONDS = 10;

  private static final int HELD_COMES_BACK_SECONDS = 5;

  /** Answers on their way to one user, besides twice those it may hold: enough for any browser. */
  private static final int UNREAD_ANSWERS = 10;

  /**
   * How many there may be.
   *
   * @param streams connections that stand
   * @param held requests that are held for one answer
   */
  public record Limits(Room.Bounds streams, Room.Bounds held) {

    /** See {@link Room.Bounds}: each on this node, of one user, from one address. */
    public static Limits of(
        int streams,
        int streamsPerUser,
        int streamsPerAddress,
        int held,
        int heldPerUser,
        int heldPerAddress) {
      return new Limits(
          new Room.Bounds(streams, streamsPerUser, streamsPerAddress),
          new Room.Bounds(held, heldPerUser, heldPerAddress));
    }
  }

  private final Services services;
  private final Room streams;
  private final Room held;
  private final Steering steering;
  private final Dismissal dismissal;
  private final PresenceNews presenceNews;
  private final Set<Peer> everybody = ConcurrentHashMap.newKeySet();
  private final Map<String, Set<Peer>> byUser = new ConcurrentHashMap<>();
  private final Takeover takeover = new Takeover();
  private final Stall stall = new Stall(Pace.STALL);
  private volatile boolean runningOut;
  private long judgeFromNanos;

  public Population(Services services, Limits limits) {
    this.services = services;
    this.streams = new Room(limits.streams(), services.time().random());
    this.held = new Room(limits.held(), services.time().random());
    this.steering = new Steering(this, services.rollout(), services.time());
    this.dismissal = new Dismissal(this, services.time());
    this.presenceNews = new PresenceNews(services.presence());
    this.judgeFromNanos = services.time().now();
    stall.look(judgeFromNanos);
  }

  // ---- coming and going

  /** Says whether this node is about to run out of a resource. */
  public void runningOut(boolean now) {
    runningOut = now;
  }

  /**
   * Throws {@code unavailable} while this node is about to run out of a resource: whoever is here
   * stays, on the transport that it has, and nobody is added.
   */
  public void requireVisitorRoom() {
    if (runningOut) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", STREAM_COMES_BACK_SECONDS);
    }
  }

  /**
   * Throws {@code unavailable} if this node has as many streams as it may, or is going, and {@code
   * rate_limited} if this address has as many as it may.
   */
  public void requireStreamRoom(String address) {
    streams.require(address, dismissal.draining(), STREAM_COMES_BACK_SECONDS);
  }

  /**
   * The same for requests that are held; a draining node still takes them, for a short time. Those
   * whose answer is still being read count too.
   */
  public void requireHeldRoom(Caller caller, String address) {
    held.require(address, dismissal.stopping(), HELD_COMES_BACK_SECONDS);
    long unread = ofUser(caller).filter(peer -> peer.pipe().once() && !peer.open()).count();
    if (unread >= 2L * held.bounds().perUser() + UNREAD_ANSWERS) {
      throw new ChatException(Problem.RATE_LIMITED).with("retry_after", HELD_COMES_BACK_SECONDS);
    }
  }

  /**
   * A newcomer. Whoever connects it calls {@link Peer#gone} at its end.
   *
   * @param bind tells the pipe of its peer, before anybody else can find it
   * @throws ChatException if a held request finds no room after all
   */
  public Peer connect(Pipe pipe, Visit visit, Consumer<Peer> bind) {
    Peer peer = new Peer(UUID.randomUUID().toString(), pipe, visit, this, services);
    if (pipe.once()) {
      held.admit(visit.address(), HELD_COMES_BACK_SECONDS);
    } else {
      streams.enter(visit.address());
    }
    bind.accept(peer);
    everybody.add(peer);
    steering.late(peer);
    dismissal.late(peer);
    return peer;
  }

  /** A peer said who it is; {@code before} is null for the first time. */
  void enter(Peer peer, Caller before, String clientBefore) {
    Caller caller = peer.caller();
    if (before == null) {
      byUser.compute(
          caller.key(),
          (key, known) -> {
            Set<Peer> mine = known == null ? ConcurrentHashMap.newKeySet() : known;
            mine.add(peer);
            return mine;
          });
      presenceNews.enter(peer);
    }
    // The new one first: the person does not go in between.
    services.presence().arrived(caller, peer.clientId(), peer.pipe().transport());
    if (before != null) {
      services.presence().left(before, clientBefore, peer.pipe().transport());
    }
  }

  void leave(Peer peer) {
    everybody.remove(peer);
    room(peer).leave(peer.visit.address());
    Caller caller = peer.caller();
    if (caller != null) {
      byUser.computeIfPresent(
          caller.key(),
          (key, mine) -> {
            mine.remove(peer);
            return mine.isEmpty() ? null : mine;
          });
      presenceNews.leave(peer);
      services.presence().left(caller, peer.clientId(), peer.pipe().transport());
    }
  }

  long nextNumber() {
    return takeover.nextNumber();
  }

  /** A newer peer of one reader takes over from older ones; a user may have so many in all. */
  void supersede(Peer newest) {
    Room room = room(newest);
    List<Peer> mine = ofUser(newest.caller()).filter(peer -> room(peer) == room).toList();
    takeover.supersede(newest, mine, room.bounds().perUser());
  }

  private Stream<Peer> ofUser(Caller caller) {
    return byUser.getOrDefault(caller.key(), Set.of()).stream();
  }

  private Room room(Peer peer) {
    return peer.pipe().once() ? held : streams;
  }

  // ---- what happens to them

  /** A device was signed out. */
  public void signOut(Caller caller, String clientId) {
    ofUser(caller)
        .filter(peer -> clientId.equals(peer.clientId()))
        .forEach(peer -> peer.close(CloseReason.SIGNED_OUT));
  }

  /** Somebody's tokens were revoked. */
  public void expel() {
    Instant now = services.time().clock().instant();
    for (Peer peer : everybody) {
      Caller caller = peer.caller();
      if (caller != null && services.access().authenticator().over(caller, now)) {
        peer.close(CloseReason.EXPIRED);
      }
    }
  }

  /** Looks at everybody's deadlines; call it every {@link Pace#LOOK_EVERY}, on one thread. */
  public synchronized void tick() {
    long now = services.time().now();
    Instant time = services.time().clock().instant();
    if (stall.look(now)) {
      judgeFromNanos = now + Pace.ANSWER_WITHIN.toNanos();
    }
    services.rollout().observations().look();
    boolean judgeSilence = now - judgeFromNanos >= 0;
    for (Peer peer : everybody) {
      try {
        peer.tick(now, time, judgeSilence);
      } catch (RuntimeException e) {
        LOG.error("a peer's deadline failed", e);
      }
    }
  }

  /** Tells staff who came and went; call it every {@link Pace#PRESENCE_EVERY}, on one thread. */
  public void tellPresence() {
    presenceNews.tell();
  }

  // ---- figures

  public int streams() {
    return streams.size();
  }

  public int held() {
    return held.size();
  }

  public int maxStreams() {
    return streams.bounds().all();
  }

  public int maxHeld() {
    return held.bounds().all();
  }

  /** Streams that were told to go and are still here. */
  public int leaving() {
    return (int) everybody.stream().filter(p -> !p.pipe().once() && p.leaving()).count();
  }

  /** Whose WebSockets have been of use, for the rollout's figures. */
  public List<Client> clients() {
    return everybody.stream()
        .filter(peer -> peer.pipe().transport() == Transport.WEBSOCKET && peer.useful())
        .map(Peer::client)
        .toList();
  }

  public Steering steering() {
    return steering;
  }

  /** How they leave this node. */
  public Dismissal dismissal() {
    return dismissal;
  }

  Set<Peer> everybody() {
    return everybody;
  }
}
