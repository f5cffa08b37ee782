package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What this node has seen of each arm since the line moved last. One observation per client, signal
 * and window: a chatty client must not count as a thousand. It counts at once, and a good one that
 * turns bad in its window is moved over: were the good ones counted later, the first failures of a
 * healthy fleet would stand alone. Bounded; never blocks for long; safe for many threads.
 */
public final class Observations {

  /** A client is good or bad for so long. */
  static final Duration WINDOW = Duration.ofMinutes(5);

  /** More new sockets than this in a window, and a client is flapping. */
  static final int FLAPPING = 3;

  /** A message that is handed over later than this after its commit is late. */
  static final Duration LATE_AFTER = Duration.ofSeconds(2);

  /** What is older was not awaited: somebody came back after a break. */
  static final Duration HISTORY_AFTER = Duration.ofMinutes(10);

  private static final Duration MAX_STEP = Duration.ofMinutes(2);

  /** Who was heard of longest ago is forgotten first. */
  static final int MAX_CLIENTS = 50_000;

  /** The others are counted together. */
  static final int MAX_SHOPS = 200;

  static final String OTHER_SHOPS = "*";

  /** Different clients heard of; not a signal, but what the arms are compared by. */
  static final String HEARD = "heard";

  /**
   * @param what a signal by its {@link Signal#text}, or {@link #HEARD}
   * @param bad observations; of {@link Signal#ABNORMAL_CLOSE} sockets that broke off
   * @param good observations; of {@link Signal#ABNORMAL_CLOSE} seconds of connection
   * @param clients different clients among the bad
   */
  public record Count(String what, String arm, String shop, long bad, long good, long clients) {}

  private record Key(String what, Arm arm, String shop) {}

  private static final class Tally {
    private long bad;
    private long good;
    private long clients;
  }

  private static final class Seen {
    private final Client client;
    private final Arm arm;
    private final String shop;
    private final Set<Signal> good = EnumSet.noneOf(Signal.class);
    private final Set<Signal> bad = EnumSet.noneOf(Signal.class);
    private final Set<Signal> everBad = EnumSet.noneOf(Signal.class);
    private final long line;
    private long windowStart;
    private int sockets;
    private boolean proven;
    private boolean heard;

    Seen(Client client, Arm arm, String shop, long line, long now) {
      this.line = line;
      this.client = client;
      this.arm = arm;
      this.shop = shop;
      this.windowStart = now;
    }
  }

  private final Supplier<Rule> rules;
  private final Clock clock;
  private final Map<Key, Tally> tallies = new HashMap<>();
  private final Set<String> shops = new HashSet<>();
  private final Map<String, Seen> clients =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
          return size() > MAX_CLIENTS;
        }
      };
  private long line;
  private long openLooked;

  /** {@code rules} answers null where none is known: then nothing is counted. */
  public Observations(Supplier<Rule> rules, Clock clock) {
    this.rules = rules;
    this.clock = clock;
  }

  /** A client asked for its transport. */
  public synchronized void asked(Client client) {
    Seen seen = seen(client);
    if (seen != null) {
      heard(seen);
    }
  }

  /** A socket of this client is open, and it is known whose. */
  public synchronized void opened(Client client) {
    Seen seen = seen(client);
    if (seen != null) {
      heard(seen);
      if (++seen.sockets > FLAPPING) {
        bad(seen, Signal.FLAPPING);
      }
    }
  }

  /**
   * A socket is gone.
   *
   * @param abnormal nobody closed it: it broke off, or fell silent
   * @param useful whether anything came from the client after it had said who it is
   */
  public synchronized void closed(Client client, Duration open, boolean abnormal, boolean useful) {
    Seen seen = seen(client);
    if (seen == null) {
      return;
    }
    if (abnormal) {
      if (useful) {
        tally(Signal.ABNORMAL_CLOSE.text(), seen).bad++;
      } else if (open.compareTo(Duration.ofSeconds(30)) < 0) {
        bad(seen, Signal.EARLY_DEATH);
      }
    }
    if (useful) {
      good(seen, Signal.EARLY_DEATH);
    }
  }

  /**
   * These have a socket that is of use. What passed since this was said last is their time of
   * connection, up to a bound, so that a jump of the clock is no thousand hours; call it every few
   * seconds.
   */
  public synchronized void open(List<Client> connected) {
    long now = clock.millis();
    long seconds = Math.max(0, Math.min(now - openLooked, MAX_STEP.toMillis())) / 1_000;
    openLooked = now;
    for (Client client : connected) {
      Seen seen = seen(client);
      if (seen != null) {
        tally(Signal.ABNORMAL_CLOSE.text(), seen).good += seconds;
        good(seen, Signal.EARLY_DEATH);
        good(seen, Signal.FALLBACK);
        good(seen, Signal.FLAPPING);
      }
    }
  }

  /**
   * A message that was committed then was handed to this client now; returns how long after, and
   * null for what was not awaited.
   */
  public synchronized Duration delivered(Client client, Instant committed) {
    Duration after = Duration.between(committed, clock.instant());
    Seen seen = seen(client);
    if (seen != null && after.compareTo(HISTORY_AFTER) < 0) {
      if (after.compareTo(LATE_AFTER) > 0) {
        bad(seen, Signal.LATE);
      } else {
        good(seen, Signal.LATE);
      }
    }
    return after.compareTo(HISTORY_AFTER) < 0 ? after : null;
  }

  /**
   * A client says what became of its WebSocket.
   *
   * @param client its shop may be null: then it is the one it asked for last
   * @param reason may be null; {@code gap} names a hole that reading again did not fill
   * @param millis how long that took; null where not said
   */
  public synchronized void reported(Client client, String event, String reason, Long millis) {
    Seen known = clients.get(client.clientId());
    Seen seen = seen(client.shopId() == null && known != null ? known.client : client);
    if (seen == null) {
      return;
    }
    if ("gap".equals(reason)) {
      bad(seen, Signal.GAP);
    }
    switch (event) {
      case "proven", "recovered" -> {
        seen.proven = true;
        good(seen, Signal.HANDSHAKE);
        if (millis != null && millis > 5_000 && event.equals("proven")) {
          bad(seen, Signal.SLOW_PROOF);
        } else {
          good(seen, Signal.SLOW_PROOF);
        }
      }
      case "fallback" -> {
        bad(seen, seen.proven ? Signal.FALLBACK : Signal.HANDSHAKE);
        seen.proven = false;
      }
      default -> {
        // Opening alone is no news.
      }
    }
  }

  /** Forgets what was seen under another line, also where nobody comes any more. */
  public synchronized void sweep() {
    Rule rule = rules.get();
    if (rule != null) {
      follow(rule);
    }
  }

  /** The revision that drew the line which all this is about. */
  public synchronized long line() {
    return line;
  }

  /** What is in {@link #counts} of one signal and arm over all shops: bad, then good. */
  public synchronized long[] total(Signal signal, Arm arm) {
    long[] total = new long[2];
    tallies.forEach(
        (key, tally) -> {
          if (key.arm == arm && key.what.equals(signal.text())) {
            total[0] += tally.bad;
            total[1] += tally.good;
          }
        });
    return total;
  }

  public synchronized List<Count> counts() {
    List<Count> all = new ArrayList<>();
    tallies.forEach(
        (key, t) ->
            all.add(new Count(key.what, key.arm.text(), key.shop, t.bad, t.good, t.clients)));
    return all;
  }

  /** Null for who is in neither arm. */
  private Seen seen(Client client) {
    Rule rule = rules.get();
    if (rule == null || client.clientId() == null) {
      return null;
    }
    follow(rule);
    long now = clock.millis();
    Seen seen = clients.get(client.clientId());
    if (seen == null || seen.line != line || !seen.client.equals(client)) {
      seen = new Seen(client, Arm.of(rule, client), shop(client), line, now);
      clients.put(client.clientId(), seen);
    }
    endWindow(seen, now);
    return seen.arm == null ? null : seen;
  }

  private void follow(Rule rule) {
    if (rule.line() != line) {
      line = rule.line();
      // The clients stay: a report may not say which shop it is of.
      tallies.clear();
      shops.clear();
    }
  }

  private void endWindow(Seen seen, long now) {
    if (now - seen.windowStart < WINDOW.toMillis()) {
      return;
    }
    seen.good.clear();
    seen.bad.clear();
    seen.sockets = 0;
    seen.windowStart = now;
  }

  private void heard(Seen seen) {
    if (!seen.heard) {
      seen.heard = true;
      tally(HEARD, seen).good++;
    }
  }

  private void good(Seen seen, Signal signal) {
    if (!seen.bad.contains(signal) && seen.good.add(signal)) {
      tally(signal.text(), seen).good++;
    }
  }

  private void bad(Seen seen, Signal signal) {
    if (seen.bad.add(signal)) {
      Tally tally = tally(signal.text(), seen);
      tally.good -= seen.good.remove(signal) ? 1 : 0;
      tally.bad++;
      if (seen.everBad.add(signal)) {
        tally.clients++;
      }
    }
  }

  private Tally tally(String what, Seen seen) {
    return tallies.computeIfAbsent(new Key(what, seen.arm, seen.shop), key -> new Tally());
  }

  private String shop(Client client) {
    String shop = client.shopId() == null ? OTHER_SHOPS : client.shopId();
    return shops.contains(shop) || shops.size() < MAX_SHOPS && shops.add(shop) ? shop : OTHER_SHOPS;
  }
}
