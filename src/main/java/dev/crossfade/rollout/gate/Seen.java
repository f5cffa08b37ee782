package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.gate.Tallies.Tally;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What was seen of one client. One observation per signal and window: a chatty client must not
 * count as a thousand. It counts at once, and a good one that turns bad in its window is moved
 * over: if successes waited for the end of the window while failures did not, a healthy fleet's
 * first failures would look like a failing fleet. Not for many threads.
 */
final class Seen {

  /** A client is good or bad for one window. */
  static final Duration WINDOW = Duration.ofMinutes(5);

  final Client client;
  final Arm arm;
  final long assignment;

  /** Whether WebSocket has proven itself for this client since it fell back last. */
  boolean proven;

  private final Tallies tallies;
  private final String shop;
  private final Set<Signal> good = EnumSet.noneOf(Signal.class);
  private final Set<Signal> bad = EnumSet.noneOf(Signal.class);
  private final Set<Signal> everBad = EnumSet.noneOf(Signal.class);
  private long windowStart;
  private int sockets;
  private boolean heard;

  /** {@code arm} is null for a client in neither, of which nothing may be counted. */
  Seen(Tallies tallies, Client client, Arm arm, long assignment, long now) {
    this.tallies = tallies;
    this.client = client;
    this.arm = arm;
    this.shop = tallies.named(client.shopId());
    this.assignment = assignment;
    this.windowStart = now;
  }

  /** Begins a new window where the last is over. */
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

  /** One more socket; answers how many there were in this window. */
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
