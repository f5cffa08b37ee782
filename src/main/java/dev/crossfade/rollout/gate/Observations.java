package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What this node has seen of each arm since clients were assigned to them last. Bounded; never
 * blocks for long; safe for many threads.
 */
public final class Observations {

  /** More new sockets than this in a window, and a client is flapping. */
  static final int FLAPPING = 3;

  /** A socket that dies within this time and was of no use died early. */
  private static final Duration EARLY = Duration.ofSeconds(30);

  /** A proof that takes longer is slow. */
  private static final Duration SLOW_PROOF = Duration.ofSeconds(5);

  /** A message that is handed over later than this after its commit is late. */
  static final Duration LATE_AFTER = Duration.ofSeconds(2);

  /** An older message was not awaited: somebody came back after a break. */
  static final Duration AWAITED_WITHIN = Duration.ofMinutes(10);

  private static final Duration MAX_STEP = Duration.ofMinutes(2);

  /** The client that was heard of longest ago is forgotten first. */
  static final int MAX_CLIENTS = 50_000;

  /** Different clients heard of; not a signal, but what the arms are compared by. */
  static final String HEARD = "heard";

  /**
   * @param what a signal by its {@link Signal#text}, or {@link #HEARD}
   * @param bad observations; of {@link Signal#ABNORMAL_CLOSE} sockets that broke off
   * @param good observations; of {@link Signal#ABNORMAL_CLOSE} seconds of connection
   * @param clients different clients among the bad
   */
  public record Count(String what, String arm, String shop, long bad, long good, long clients) {}

  private final Supplier<Rule> rules;
  private final Clock clock;
  private final Tallies tallies = new Tallies();
  private final Map<String, Seen> clients =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
          return size() > MAX_CLIENTS;
        }
      };
  private long assignment;
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
      seen.heard();
    }
  }

  /** A socket of this client is open, and it is known whose. */
  public synchronized void opened(Client client) {
    Seen seen = seen(client);
    if (seen != null) {
      seen.heard();
      if (seen.opened() > FLAPPING) {
        seen.bad(Signal.FLAPPING);
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
        seen.abnormalClose();
      } else if (open.compareTo(EARLY) < 0) {
        seen.bad(Signal.EARLY_DEATH);
      }
    }
    if (useful) {
      seen.good(Signal.EARLY_DEATH);
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
        seen.connectedFor(seconds);
        seen.good(Signal.EARLY_DEATH);
        seen.good(Signal.FALLBACK);
        seen.good(Signal.FLAPPING);
      }
    }
  }

  /**
   * A message that was committed then was handed to this client now; returns how long after, and
   * null for a message that was not awaited.
   */
  public synchronized Duration delivered(Client client, Instant committed) {
    Duration after = Duration.between(committed, clock.instant());
    if (after.compareTo(AWAITED_WITHIN) >= 0) {
      return null;
    }
    Seen seen = seen(client);
    if (seen != null) {
      if (after.compareTo(LATE_AFTER) > 0) {
        seen.bad(Signal.LATE);
      } else {
        seen.good(Signal.LATE);
      }
    }
    return after;
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
      seen.bad(Signal.GAP);
    }
    switch (event) {
      case "proven", "recovered" -> {
        seen.proven = true;
        seen.good(Signal.HANDSHAKE);
        if (millis != null && millis > SLOW_PROOF.toMillis() && event.equals("proven")) {
          seen.bad(Signal.SLOW_PROOF);
        } else {
          seen.good(Signal.SLOW_PROOF);
        }
      }
      case "fallback" -> {
        seen.bad(seen.proven ? Signal.FALLBACK : Signal.HANDSHAKE);
        seen.proven = false;
      }
      default -> {
        // Opening alone is no news.
      }
    }
  }

  /** Forgets what was seen under another assignment, also where nobody comes any more. */
  public synchronized void sweep() {
    Rule rule = rules.get();
    if (rule != null) {
      follow(rule);
    }
  }

  /** The revision that assigned clients to the arms which all this is about. */
  public synchronized long assignment() {
    return assignment;
  }

  /** What is in {@link #counts} of one signal and arm over all shops: bad, then good. */
  public synchronized long[] total(Signal signal, Arm arm) {
    return tallies.total(signal.text(), arm);
  }

  public synchronized List<Count> counts() {
    return tallies.counts();
  }

  /** Null for a client in neither arm. */
  private Seen seen(Client client) {
    Rule rule = rules.get();
    if (rule == null || client.clientId() == null) {
      return null;
    }
    follow(rule);
    long now = clock.millis();
    Seen seen = clients.get(client.clientId());
    if (seen == null || seen.assignment != assignment || !seen.client.equals(client)) {
      seen = new Seen(tallies, client, Arm.of(rule, client), assignment, now);
      clients.put(client.clientId(), seen);
    }
    seen.at(now);
    return seen.arm == null ? null : seen;
  }

  private void follow(Rule rule) {
    if (rule.assignment() != assignment) {
      assignment = rule.assignment();
      // The clients stay: a report may not say which shop it is of.
      tallies.clear();
    }
  }
}
