package dev.crossfade.rollout.gate;

import dev.crossfade.model.Stall;
import dev.crossfade.rollout.gate.Strangers.Report;
import dev.crossfade.rollout.gate.Strangers.Stranger;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * This node's observations of each arm since clients were last assigned; of whom, says {@link
 * Panel}. Bounded; never blocks for long; thread-safe.
 */
public final class Observations {

  /** A client with more new sockets than this in a window is flapping. */
  static final int FLAPPING = 3;

  /** A socket that breaks within this time without having been useful died early. */
  private static final Duration EARLY = Duration.ofSeconds(30);

  /** A message delivered later than this after its commit is late. */
  static final Duration LATE_AFTER = Duration.ofSeconds(2);

  /** Older messages are ignored: the client was away and nobody was waiting for them. */
  static final Duration AWAITED_WITHIN = Duration.ofMinutes(10);

  /** A node that stood still for this long lost clients by it; they wait half a minute. */
  static final Duration STALL = Duration.ofSeconds(15);

  /** For so long after a stall nothing counts: what failed was this node. */
  static final Duration EXCUSED = Duration.ofSeconds(60);

  /** Number of distinct clients, by which the sizes of the arms are compared; not a signal. */
  static final String HEARD = "heard";

  /**
   * @param what the {@link Signal#text} of a signal, or {@link #HEARD}
   * @param bad bad observations since clients were last assigned; {@code good} the same
   * @param clients distinct clients with bad observations
   * @param recent the latest; null from a node of an earlier version
   */
  public record Count(
      String what, String arm, String shop, long bad, long good, long clients, Recent recent) {}

  private final Supplier<Rule> rules;
  private final Clock clock;
  private final LongSupplier nanos;
  private final Tallies tallies = new Tallies();
  private final Strangers strangers = new Strangers();
  private final Panel panel = new Panel(tallies, this::excused);
  private final Stall stall = new Stall(STALL);
  private long assignment;
  private long excusedUntil;

  /**
   * @param rules if it returns null, nothing is counted
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  public Observations(Supplier<Rule> rules, Clock clock, LongSupplier nanos) {
    this.rules = rules;
    this.clock = clock;
    this.nanos = nanos;
    this.excusedUntil = nanos.getAsLong();
  }

  /** Records that a client asked for its transport, authenticated or not. */
  public synchronized void asked(Client client, String address) {
    if (known(client) == null && rules.get() != null && client.clientId() != null) {
      strangers.keep(client, null, address, clock.millis());
    }
  }

  /** Records an authenticated request of a client: from now on it counts, if there is a place. */
  public synchronized void identified(Client client, String userId, String address) {
    Rule rule = rules.get();
    if (rule == null || client.clientId() == null || client.shopId() == null) {
      return;
    }
    follow(rule);
    long now = clock.millis();
    Seen seen = panel.get(client);
    if (seen != null && seen.fresh(now, rule)) {
      return;
    }
    Stranger before = strangers.remove(client, now);
    Client all = before == null ? client : before.with(client);
    if (seen == null && Arm.of(rule, all) == null) {
      // Who is in neither arm takes nobody's place.
      return;
    }
    seen = panel.admit(client, userId, address, now);
    if (seen == null) {
      return;
    }
    seen.at(now, all, rule, assignment);
    if (seen.arm() != null) {
      seen.heard(now);
      if (before != null) {
        for (Report report : before.reports) {
          weigh(seen, report, now);
        }
      }
    }
  }

  /** Records an open socket of an identified client. */
  public synchronized void opened(Client client) {
    Seen seen = known(client);
    if (seen != null && seen.arm() != null && seen.opened() > FLAPPING) {
      seen.bad(Signal.FLAPPING, clock.millis());
    }
  }

  /**
   * Records the end of a socket.
   *
   * @param abnormal whether it broke or went silent instead of being closed
   * @param useful whether the client sent anything after authentication
   */
  public synchronized void closed(Client client, Duration open, boolean abnormal, boolean useful) {
    Seen seen = known(client);
    if (seen == null || seen.arm() == null) {
      return;
    }
    long now = clock.millis();
    if (abnormal) {
      if (useful && seen.broke(now)) {
        seen.bad(Signal.ABNORMAL_CLOSE, now);
      } else if (!useful && open.compareTo(EARLY) < 0) {
        seen.bad(Signal.EARLY_DEATH, now);
      }
    }
    if (useful) {
      seen.good(Signal.EARLY_DEATH, now);
    }
  }

  /**
   * Notices whether this node stood still; call it every second, on a thread that waits for
   * nothing.
   */
  public synchronized void look() {
    if (stall.look(nanos.getAsLong())) {
      excuse();
    }
  }

  /**
   * Nothing counts for {@link #EXCUSED}, neither for nor against WebSocket: this node is at fault.
   */
  public synchronized void excuse() {
    excusedUntil = nanos.getAsLong() + EXCUSED.toNanos();
  }

  /** Records that these clients have a useful socket open; call it every few seconds. */
  public synchronized void open(List<Client> connected) {
    long now = clock.millis();
    for (Client client : connected) {
      Seen seen = known(client);
      if (seen != null) {
        seen.identified(now);
        if (seen.arm() != null) {
          seen.heard(now);
          seen.good(Signal.EARLY_DEATH, now);
          seen.good(Signal.FALLBACK, now);
          seen.good(Signal.FLAPPING, now);
          seen.good(Signal.ABNORMAL_CLOSE, now);
        }
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
    Seen seen = known(client);
    long now = clock.millis();
    if (seen != null && seen.arm() != null) {
      if (after.compareTo(LATE_AFTER) > 0) {
        seen.bad(Signal.LATE, now);
      } else {
        seen.good(Signal.LATE, now);
      }
    }
    return after;
  }

  /**
   * Records a client's report about its WebSocket, which anybody can send: it counts if the client
   * was authenticated within {@link Seen#WINDOW}, or is so within that time.
   *
   * @param client if its shop is null, the one in which it was last seen is used
   * @param reason may be null; {@code gap} means that messages were still missing after reading
   *     again
   * @param millis how long that took; may be null
   */
  public synchronized void reported(
      Client client, String event, String reason, Long millis, String address) {
    Seen seen = known(panel.named(client));
    Report report = new Report(event, reason, millis);
    long now = clock.millis();
    if (seen == null || !seen.current(now)) {
      boolean tells = !event.equals("connected") || "gap".equals(reason);
      if (rules.get() != null && tells) {
        strangers.keep(client, report, address, now);
      }
    } else if (seen.arm() != null) {
      weigh(seen, report, now);
    }
  }

  /** Drops observations under an earlier assignment, even if no client connects any more. */
  public synchronized void sweep() {
    Rule rule = rules.get();
    if (rule != null) {
      follow(rule);
    }
  }

  /** Clients that said something and were not authenticated yet. */
  public synchronized int strangers() {
    return strangers.clients();
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
    return tallies.counts(Seen.minute(clock.millis()));
  }

  private void weigh(Seen seen, Report report, long now) {
    boolean gap = "gap".equals(report.reason()) && panel.mayReportGap(seen, now);
    seen.reported(report, gap, now);
  }

  private synchronized boolean excused() {
    long tick = nanos.getAsLong();
    return stall.late(tick) || tick - excusedUntil < 0;
  }

  /** The record of a client that was authenticated here; null for others. */
  private Seen known(Client client) {
    Rule rule = rules.get();
    if (rule == null || client.clientId() == null) {
      return null;
    }
    follow(rule);
    Seen seen = panel.get(client);
    if (seen != null) {
      seen.at(clock.millis(), client, rule, assignment);
    }
    return seen;
  }

  private void follow(Rule rule) {
    if (rule.assignment() != assignment) {
      assignment = rule.assignment();
      // The clients stay, with what was proven.
      tallies.clear();
    }
  }
}
