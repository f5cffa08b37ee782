package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.gate.Strangers.Report;
import dev.crossfade.rollout.gate.Tallies.Tally;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The observations of one client: one per signal and window, so that a busy client does not count
 * many times. Successes are counted immediately, and become failures if the same window turns bad.
 * If they waited for the window to end while failures did not, a healthy fleet's first failures
 * would look like a failing fleet. Not thread-safe.
 */
final class Seen {

  /**
   * A client counts as good once in this time; as bad once in the longest window, in which it is
   * not good again: so that one bad line is not many clients.
   */
  static final Duration WINDOW = Duration.ofMinutes(5);

  /**
   * A socket that breaks is a fault of the transport only if this client's last one broke within
   * this time: a proxy that restarts, or a node that dies, cuts everybody once.
   */
  static final Duration BREAKS_AGAIN_WITHIN = Duration.ofMinutes(30);

  /** Breaks within this time are one event. */
  static final Duration SAME_BREAK = Duration.ofMinutes(1);

  private static final Duration FRESH = Duration.ofSeconds(30);

  final String clientId;
  final String shop;
  final String user;
  final String network;

  /** A proof that takes longer than this is slow. */
  private static final Duration SLOW_PROOF = Duration.ofSeconds(5);

  private final Tallies tallies;
  private final BooleanSupplier excused;
  private final Map<Signal, Long> good = new EnumMap<>(Signal.class);
  private final Set<Signal> bad = EnumSet.noneOf(Signal.class);
  private final Map<Signal, Long> lastBad = new EnumMap<>(Signal.class);
  private String version;
  private String platform;
  private Arm arm;

  /** Whether WebSocket has proven itself for this client since its last fallback. */
  private boolean proven;

  private long assignment;
  private long revision;
  private long windowStart;
  private long brokeAt = Long.MIN_VALUE;
  private int sockets;
  private boolean heard;
  private long identifiedAt;

  /** {@code network} is null where it bounds nothing. */
  Seen(
      Tallies tallies,
      BooleanSupplier excused,
      Client client,
      String user,
      String network,
      long now) {
    this.tallies = tallies;
    this.excused = excused;
    this.clientId = client.clientId();
    this.shop = client.shopId();
    this.user = user;
    this.network = network;
    this.windowStart = now;
    this.identifiedAt = now;
  }

  /** It was authenticated just now. */
  void identified(long now) {
    identifiedAt = now;
  }

  /** Whether it was authenticated within its window: only then what it reports counts. */
  boolean current(long now) {
    return now - identifiedAt < WINDOW.toMillis();
  }

  /**
   * Whether it was authenticated so lately, under this rule, that it need not be looked at again.
   */
  boolean fresh(long now, Rule rule) {
    return now - identifiedAt < FRESH.toMillis() && revision == rule.revision();
  }

  /** Whether it was authenticated within the longest window. */
  boolean within(long now) {
    return minute(now) - minute(identifiedAt) < Recent.LONGEST;
  }

  /**
   * Learns what the client said of itself, follows the rule, and starts a new window if the last
   * has ended.
   */
  void at(long millis, Client client, Rule rule, long newAssignment) {
    boolean newer =
        client.version() != null && !client.version().equals(version)
            || client.platform() != null && !client.platform().equals(platform);
    version = client.version() == null ? version : client.version();
    platform = client.platform() == null ? platform : client.platform();
    if (newer || revision != rule.revision()) {
      // A kill, a list or a cohort changes the arm without a new assignment.
      revision = rule.revision();
      Arm now = Arm.of(rule, new Client(clientId, shop, version, platform));
      if (now != arm) {
        good.clear();
        bad.clear();
      }
      arm = now;
    }
    boolean moved = assignment != newAssignment;
    assignment = newAssignment;
    if (moved) {
      heard = false;
      lastBad.clear();
      brokeAt = Long.MIN_VALUE;
    }
    if (moved || millis - windowStart >= WINDOW.toMillis()) {
      good.clear();
      bad.clear();
      sockets = 0;
      windowStart = millis;
    }
  }

  /** Null for a client in neither arm, which is not counted. */
  Arm arm() {
    return arm;
  }

  void heard(long now) {
    if (!heard) {
      heard = true;
      tally(Observations.HEARD).good(minute(now));
    }
  }

  /** Counts a new socket; returns the number in this window. */
  int opened() {
    return ++sockets;
  }

  /** A useful socket broke; returns whether it is the second time, as a separate event. */
  boolean broke(long now) {
    boolean known = brokeAt != Long.MIN_VALUE;
    boolean same = known && now - brokeAt < SAME_BREAK.toMillis();
    boolean again = known && !same && now - brokeAt <= BREAKS_AGAIN_WITHIN.toMillis();
    brokeAt = same ? brokeAt : now;
    return again;
  }

  void good(Signal signal, long now) {
    Long before = lastBad.get(signal);
    boolean failedLately = before != null && minute(now) - before < Recent.LONGEST;
    if (!failedLately && !good.containsKey(signal) && !excused.getAsBoolean()) {
      good.put(signal, minute(now));
      tally(signal.text()).good(minute(now));
    }
  }

  void bad(Signal signal, long now) {
    if (!excused.getAsBoolean() && bad.add(signal)) {
      Tally tally = tally(signal.text());
      Long counted = good.remove(signal);
      if (counted != null) {
        tally.notGood(counted);
      }
      Long before = lastBad.get(signal);
      if (before == null || minute(now) - before >= Recent.LONGEST) {
        lastBad.put(signal, minute(now));
        tally.bad(minute(now), before == null);
      }
    }
  }

  /** What the client says of its WebSocket; {@code gap}: it misses messages, and that counts. */
  void reported(Report report, boolean gap, long now) {
    if (gap) {
      bad(Signal.GAP, now);
    }
    switch (report.event()) {
      case "proven", "recovered" -> {
        proven = true;
        good(Signal.HANDSHAKE, now);
        boolean slow = report.millis() != null && report.millis() > SLOW_PROOF.toMillis();
        if (slow && report.event().equals("proven")) {
          bad(Signal.SLOW_PROOF, now);
        } else {
          good(Signal.SLOW_PROOF, now);
        }
      }
      case "fallback" -> {
        bad(proven ? Signal.FALLBACK : Signal.HANDSHAKE, now);
        proven = false;
      }
      default -> {
        // "connected" proves nothing.
      }
    }
  }

  static long minute(long millis) {
    return TimeUnit.MILLISECONDS.toMinutes(millis);
  }

  private Tally tally(String what) {
    return tallies.of(what, arm, shop);
  }
}
