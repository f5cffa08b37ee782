package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.gate.Tallies.Tally;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * The observations of one client: one per signal and window, so that a busy client does not count
 * many times. Successes are counted immediately, and become failures if the same window turns bad.
 * If they waited for the window to end while failures did not, a healthy fleet's first failures
 * would look like a failing fleet. Not thread-safe.
 */
final class Seen {

  /** A client counts as good or bad for this long. */
  static final Duration WINDOW = Duration.ofMinutes(5);

  final Client client;
  final Arm arm;
  final long assignment;

  /** Whether WebSocket has proven itself for this client since its last fallback. */
  boolean proven;

  private final Tallies tallies;
  private final String shop;
  private final Set<Signal> good = EnumSet.noneOf(Signal.class);
  private final Set<Signal> bad = EnumSet.noneOf(Signal.class);
  private final Set<Signal> everBad = EnumSet.noneOf(Signal.class);
  private long windowStart;
  private int sockets;
  private boolean heard;

  /** {@code arm} is null for a client in neither arm, which must not be counted. */
  Seen(Tallies tallies, Client client, Arm arm, long assignment, long now) {
    this.tallies = tallies;
    this.client = client;
    this.arm = arm;
    this.shop = tallies.named(client.shopId());
    this.assignment = assignment;
    this.windowStart = now;
  }

  /** Starts a new window if the last has ended. */
  void at(long now) {
    if (now - windowStart < WINDOW.toMillis()) {
      return;
    }
    good.clear();
    bad.clear();
    sockets = 0;
    windowStart = now;
  }

  void heard() {
    if (!heard) {
      heard = true;
      tally(Observations.HEARD).good++;
    }
  }

  /** Counts a new socket; returns the number in this window. */
  int opened() {
    return ++sockets;
  }

  void good(Signal signal) {
    if (!bad.contains(signal) && good.add(signal)) {
      tally(signal.text()).good++;
    }
  }

  void bad(Signal signal) {
    if (bad.add(signal)) {
      Tally tally = tally(signal.text());
      tally.good -= good.remove(signal) ? 1 : 0;
      tally.bad++;
      if (everBad.add(signal)) {
        tally.clients++;
      }
    }
  }

  void abnormalClose() {
    tally(Signal.ABNORMAL_CLOSE.text()).bad++;
  }

  void connectedFor(long seconds) {
    tally(Signal.ABNORMAL_CLOSE.text()).good += seconds;
  }

  private Tally tally(String what) {
    return tallies.of(what, arm, shop);
  }
}
