package dev.crossfade.peer;

import java.time.Duration;

/**
 * How fast and how spread clients are moved, drained and asked for a sign of life. Pure: every
 * figure of that kind is here, with its reason.
 */
public final class Pace {

  /** Below the 60 s after which common proxies and home routers cut a silent connection. */
  public static final Duration PING_EVERY = Duration.ofSeconds(25);

  /** Two pings and the time for an answer. */
  static final Duration SILENT_FOR = Duration.ofSeconds(60);

  /** How long a ping that was really sent may stay unanswered: a train's tunnel, not more. */
  static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

  /**
   * If the look at all peers comes this late, this node itself stood still. What peers sent
   * meanwhile is not read yet, so nobody is judged silent before {@link #ANSWER_WITHIN} is over.
   */
  static final Duration STALL = Duration.ofSeconds(2);

  static final Duration AUTH_WITHIN = Duration.ofSeconds(5);

  /**
   * How long what was said before a close may take to be read. Beyond it the connection is cut: a
   * client that reads slowly must not keep its place, nor go on receiving.
   */
  static final Duration CLOSED_WITHIN = Duration.ofSeconds(10);

  /** Upper bound on clients per second that are moved when the percentage is lowered. */
  static final int MOVES_PER_SECOND = 50;

  /** Upper bounds of the time for a move; they override {@link #MOVES_PER_SECOND}. */
  static final Duration STEP_BACK_WITHIN = Duration.ofMinutes(5);

  static final Duration TO_ZERO_WITHIN = Duration.ofMinutes(1);

  /** Lower bound of the random delay within which a client changes transport. */
  static final Duration CHANGE_WITHIN = Duration.ofSeconds(10);

  /**
   * Grace period: a client that was asked to move and has not done so is closed after this long,
   * and up to as long again.
   */
  static final Duration LEAVE_GRACE = Duration.ofSeconds(10);

  /** After a kill, a client that has not changed by then is closed, at a random moment. */
  static final Duration KILLED_WITHIN = Duration.ofSeconds(15);

  /** Held requests of clients that are to change are answered early, spread over this. */
  static final Duration EARLY_ANSWER_WITHIN = Duration.ofSeconds(8);

  /**
   * A draining node holds a request no longer than this: a client that is still led here must not
   * hang on it, nor ask again and again without a pause.
   */
  static final Duration DRAINING_WAIT = Duration.ofSeconds(1);

  /** Clients per second that leave when an operator drains the node: other nodes take them in. */
  static final int DRAINED_PER_SECOND = 200;

  static final Duration DRAINED_WITHIN = Duration.ofMinutes(2);

  /** Drained sockets come back elsewhere within this; they were spread out when they left. */
  static final Duration DRAINED_COME_BACK_WITHIN = Duration.ofSeconds(1);

  /** A stop has hardly any time: clients are spread out when they come back instead. */
  static final int STOPPED_PER_SECOND = 5_000;

  static final Duration STOPPED_WITHIN = Duration.ofSeconds(2);

  static final Duration STOPPED_COME_BACK_WITHIN = Duration.ofSeconds(5);

  /** Presence reaches staff at most this often. */
  public static final Duration PRESENCE_EVERY = Duration.ofMillis(500);

  /** How often all peers are looked at; deadlines are that exact. */
  public static final Duration LOOK_EVERY = Duration.ofMillis(250);

  private Pace() {}

  /** Within which time so many clients are to change transport. */
  static Duration move(int clients, boolean toZero) {
    Duration most = toZero ? TO_ZERO_WITHIN : STEP_BACK_WITHIN;
    Duration paced = at(MOVES_PER_SECOND, clients, most);
    return paced.compareTo(CHANGE_WITHIN) < 0 ? CHANGE_WITHIN : paced;
  }

  /** Within which time so many clients leave a node that an operator drains. */
  static Duration drain(int clients) {
    return at(DRAINED_PER_SECOND, clients, DRAINED_WITHIN);
  }

  /** Within which time so many clients leave a node that stops. */
  static Duration stop(int clients) {
    return at(STOPPED_PER_SECOND, clients, STOPPED_WITHIN);
  }

  private static Duration at(int perSecond, int clients, Duration most) {
    Duration paced = Duration.ofMillis(1_000L * clients / perSecond);
    return paced.compareTo(most) < 0 ? paced : most;
  }
}
