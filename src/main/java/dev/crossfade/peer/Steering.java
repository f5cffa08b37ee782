package dev.crossfade.peer;

import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Who changes transport when the rule changes, and when. Does not block. */
public final class Steering {

  private record Move(Peer peer, TransportChoice choice) {}

  private final Population population;
  private final Rollout rollout;
  private final Time time;

  Steering(Population population, Rollout rollout, Time time) {
    this.population = population;
    this.rollout = rollout;
    this.time = time;
  }

  /**
   * The rule has changed: everybody it moves is told at once and moves at a random moment, within a
   * time that grows with their number. A client that is still here after its grace period is
   * closed.
   */
  public synchronized void reconsider() {
    // The rule in force now: of two changes, the one that is told later may be the older one.
    Rule rule = rollout.rule();
    boolean killed = rule.killed() || rollout.locallyKilled();
    List<Move> moves = new ArrayList<>();
    int streams = 0;
    for (Peer peer : population.everybody()) {
      Move move = move(peer);
      if (move != null) {
        moves.add(move);
        streams += peer.pipe().once() ? 0 : 1;
      }
    }
    Duration within = killed ? Pace.CHANGE_WITHIN : Pace.move(streams, rule.basisPoints() == 0);
    moves.forEach(move -> tell(move, within));
    for (Peer peer : population.everybody()) {
      if (peer.pipe().transport() == Transport.WEBSOCKET) {
        killed(peer, killed);
      }
    }
  }

  /** A newcomer whose handshake was let in before WebSocket was killed. */
  void late(Peer peer) {
    if (peer.pipe().transport() == Transport.WEBSOCKET && !rollout.serving()) {
      killed(peer, true);
    }
  }

  /** The same for one peer, which could not be told yet. */
  void reconsider(Peer peer) {
    Move move = move(peer);
    if (move != null) {
      tell(move, Pace.CHANGE_WITHIN);
    }
  }

  private Move move(Peer peer) {
    if (peer.caller() == null) {
      return null;
    }
    TransportChoice choice = rollout.choose(peer.client());
    // A connection that named no client may have no other way; a poller has asked.
    boolean steered = peer.pipe().once() || peer.clientId() != null;
    return steered && choice.transport() != peer.told ? new Move(peer, choice) : null;
  }

  /**
   * Tells it to change. A client that is told to poll has a grace period; being told WebSocket
   * again takes that back. A held request is answered early instead.
   */
  private void tell(Move move, Duration within) {
    Peer peer = move.peer();
    Pipe pipe = peer.pipe();
    Transport use = move.choice().transport();
    peer.told = use;
    if (pipe.once()) {
      peer.leaveBy(moved(between(Duration.ZERO, Pace.EARLY_ANSWER_WITHIN)));
      return;
    }
    peer.stay(Departure.Cause.MOVED);
    if (use == Transport.POLLING && pipe.transport() != use) {
      Duration least = within.plus(Pace.LEAVE_GRACE);
      peer.leaveBy(moved(between(least, least.plus(Pace.LEAVE_GRACE))));
    }
    pipe.send(new Reply.Change(use, within.toMillis(), move.choice().reason().text()));
  }

  private static Departure moved(long byNanos) {
    return new Departure(byNanos, CloseReason.USE_POLLING, Departure.Cause.MOVED);
  }

  /** A kill ends those too who could not be told; after it, those who were not told may stay. */
  private void killed(Peer peer, boolean killed) {
    if (killed) {
      Duration least = peer.clientId() == null ? Duration.ZERO : Pace.CHANGE_WITHIN;
      peer.leaveBy(
          new Departure(
              between(least, Pace.KILLED_WITHIN), CloseReason.USE_POLLING, Departure.Cause.KILLED));
    } else {
      peer.stay(Departure.Cause.KILLED);
    }
  }

  private long between(Duration least, Duration most) {
    return time.now() + time.random().nextLong(least.toNanos(), most.toNanos());
  }
}
