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
 * This node's observations of each arm since clients were last assigned. Bounded; never blocks for
 * long; thread-safe.
 */
public final class Observations {

  /** A client with more new sockets than this in a window is flapping. */
  static final int FLAPPING = 3;

  /** A socket that breaks within this time without having been useful died early. */
  private static final Duration EARLY = Duration.ofSeconds(30);

  /** A proof that takes longer than this is slow. */
  private static final Duration SLOW_PROOF = Duration.ofSeconds(5);

  /** A message delivered later than this after its commit is late. */
  static final Duration LATE_AFTER = Duration.ofSeconds(2);

  /** Older messages are ignored: the client was away and nobody was waiting for them. */
  static final Duration AWAITED_WITHIN = Duration.ofMinutes(10);

  private static final Duration MAX_STEP = Duration.ofMinutes(2);

  /** Above this, the least recently seen client is evicted. */
  static final int MAX_CLIENTS = 50_000;

  /** Number of distinct clients, by which the sizes of the arms are compared; not a signal. */
  static final String HEARD = "heard";

  /**
   * @param what the {@link Signal#text} of a signal, or {@link #HEARD}
   * @param bad bad observations; for {@link Signal#ABNORMAL_CLOSE}, broken sockets
   * @param good good observations; for {@link Signal#ABNORMAL_CLOSE}, seconds of connection
   * @param clients distinct clients with bad observations
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

  /** If {@code rules} returns null, nothing is counted. */
  public Observations(Supplier<Rule> rules, Clock clock) {
    this.rules = rules;
    this.clock = clock;
  }

  /** Records that a client asked for its transport. */
  public synchronized void asked(Client client) {
    Seen seen = seen(client);
    if (seen != null) {
      seen.heard();
    }
  }

  /** Records an open socket of an identified client. */
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
   * Records the end of a socket.
   *
   * @param abnormal whether it broke or went silent instead of being closed
   * @param useful whether the client sent anything after authentication
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
   * Adds the time since the last call to the connection time of these clients, which have a useful
   * socket. The step is bounded, so that a clock jump does not count as hours; call it every few
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
   * Records the delivery of a message to this client; returns the time since its commit, or null if
   * nobody was waiting for it.
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
   * Records a client's report about its WebSocket.
   *
   * @param client if its shop is null, the one it last asked for is used
   * @param reason may be null; {@code gap} means that messages were still missing after reading
   *     again
   * @param millis how long that took; may be null
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
        // "connected" proves nothing.
      }
    }
  }

  /** Drops observations under an earlier assignment, even if no client connects any more. */
  public synchronized void sweep() {
    Rule rule = rules.get();
    if (rule != null) {
      follow(rule);
    }
  }

  /** The revision that assigned the observed clients to their arms. */
  public synchronized long assignment() {
    return assignment;
  }

  /** The sum of {@link #counts} for a signal and arm over all shops: bad, then good. */
  public synchronized long[] total(Signal signal, Arm arm) {
    return tallies.total(signal.text(), arm);
  }

  public synchronized List<Count> counts() {
    return tallies.counts();
  }

  /** The record of a client; null if it is in neither arm. */
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
      // Keep the clients, because a report may not name its shop.
      tallies.clear();
    }
  }
}
