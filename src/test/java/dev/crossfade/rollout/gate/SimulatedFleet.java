package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress.Move;
import dev.crossfade.rollout.rule.Progress.State;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.support.HandClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A rollout with simulated clients and time, and the real observations and gate: what the clients
 * do in a step of ten seconds is drawn, what is made of it is not. Every share of failures of a
 * healthy fleet is half of what is tolerated.
 */
final class SimulatedFleet {

  /** What a healthy fleet is like, or what else happens. */
  enum Weather {
    /** Visits of half an hour. */
    STEADY,
    /**
     * Every two hours a proxy cuts all sockets, and every three this node stands still for 40 s.
     */
    BURSTS,
    /** Visits of three minutes, of which 5 % end without a close frame. */
    MOBILE,
    /** One machine invents 200 ids a minute; each reports a gap and a fallback. */
    FORGED,
    /**
     * 50 authenticated visitors of one shop report gaps and fallbacks, from addresses of all kinds.
     */
    ONE_SHOP
  }

  static final Duration STEP = Duration.ofSeconds(10);

  private static final String PLAN = "sim;10/60/3;25/60/8;50/120/20/approve;100/0/0/approve";
  private static final Instant START = Instant.parse("2026-11-27T08:00:00Z");
  private static final List<String> SHOPS = List.of("anna", "bert", "carl", "dora");
  private static final double HANDSHAKE = Signal.HANDSHAKE.tolerated() / 2;
  private static final double FALLBACK = Signal.FALLBACK.tolerated() / 2;
  private static final double LATE = 0.01;
  private static final Duration FALLS_BACK_WITHIN = Duration.ofMinutes(2);
  private static final Duration AVOIDS_WEBSOCKET = Duration.ofMinutes(30);
  private static final Duration STALL = Duration.ofSeconds(40);

  private static final class Member {
    final String id;
    final Client client;
    final String address;
    long leavesAt;
    long pollsUntil;
    boolean open;
    boolean fails;
    long failsAt;

    /** Everybody has a network of his own. */
    Member(int number, String shop) {
      this.id = "m" + number;
      this.client = new Client(id, shop);
      this.address = "24." + number / 250 + "." + number % 250 + ".7";
    }
  }

  private final Weather weather;
  private final Random random;
  private final HandClock clock = new HandClock(START);
  private final List<Member> members = new ArrayList<>();
  private final Observations observations;
  private final Set<String> failed = new HashSet<>();
  private long nanos;
  private long revision = 3;
  private long steps;
  private Rule rule;
  private boolean failing;
  private String why = "";

  SimulatedFleet(Weather weather, int clients, long seed) {
    this.weather = weather;
    this.random = new Random(seed);
    rule =
        Rule.first(START)
            .change(Change.because("sim").salt("s" + seed).plan(Plan.parse(PLAN)), 2, "ops", START)
            .change(Change.because("sim").move(Move.START), 3, "ops", START);
    observations = new Observations(() -> rule, clock, () -> nanos);
    for (int i = 0; i < clients; i++) {
      members.add(new Member(i, SHOPS.get(i % SHOPS.size())));
    }
  }

  /** Runs the plan to its end, and for so long afterwards; whether it was ever taken back. */
  boolean takenBack(Duration afterwards) {
    long giveUp = Duration.ofDays(10).dividedBy(STEP);
    while (!completed() && steps < giveUp) {
      if (step()) {
        return true;
      }
    }
    for (long end = steps + afterwards.dividedBy(STEP); steps < end; ) {
      if (step()) {
        return true;
      }
    }
    return false;
  }

  boolean completed() {
    return rule.progress().state() == State.COMPLETED;
  }

  /** What the gate said last. */
  String why() {
    return rule.percentage() + " %: " + why;
  }

  Set<String> excluded() {
    return rule.denyShops();
  }

  /**
   * From now on this share of the clients fails, each for the first time within two minutes; how
   * many had failed when it was taken back. Integer.MAX_VALUE if it was not within half a day.
   */
  int failingUntilTakenBack(double share) {
    failing = true;
    for (Member member : members) {
      member.fails = random.nextDouble() < share;
      member.failsAt = clock.millis() + random.nextInt((int) FALLS_BACK_WITHIN.toMillis());
    }
    for (long end = steps + Duration.ofHours(12).dividedBy(STEP); steps < end; ) {
      if (step()) {
        return failed.size();
      }
    }
    return Integer.MAX_VALUE;
  }

  /** Ten seconds; whether the gate takes the rollout back. */
  private boolean step() {
    steps++;
    clock.forward(STEP);
    nanos += STEP.toNanos();
    boolean cut = weather == Weather.BURSTS && steps % Duration.ofHours(2).dividedBy(STEP) == 0;
    boolean stall = weather == Weather.BURSTS && steps % Duration.ofHours(3).dividedBy(STEP) == 7;
    if (stall) {
      nanos += STALL.toNanos();
    }
    List<Client> open = new ArrayList<>();
    for (Member member : members) {
      act(member, cut, stall);
      if (member.open) {
        open.add(member.client);
      }
    }
    if (weather == Weather.FORGED && steps % 6 == 0) {
      forge();
    } else if (weather == Weather.ONE_SHOP && steps % 6 == 0) {
      lie();
    }
    observations.look();
    observations.open(open);
    return judge();
  }

  private void act(Member member, boolean cut, boolean stall) {
    long now = clock.millis();
    if (now >= member.leavesAt) {
      leave(member);
      // A quarter of them is away at a time.
      if (random.nextInt(weather == Weather.MOBILE ? 54 : 540) != 0 && member.leavesAt > 0) {
        return;
      }
      long visit = weather == Weather.MOBILE ? 180_000 : 1_800_000;
      member.leavesAt = now + visit / 2 + random.nextInt((int) visit);
      identify(member);
      connect(member);
    }
    if (!member.open) {
      identify(member);
    }
    boolean hears = random.nextInt(30) == 0;
    if (hears) {
      long age = random.nextDouble() < LATE ? 3_000 : 50;
      observations.delivered(member.client, clock.instant().minusMillis(age));
    }
    if (!member.open) {
      connect(member);
    } else if (cut) {
      observations.closed(member.client, Duration.ofMinutes(5), true, true);
      member.open = false;
      connect(member);
    } else if (stall && random.nextInt(5) == 0
        || failing && member.fails && now >= member.failsAt
        || random.nextDouble() < FALLBACK * STEP.toMillis() / Seen.WINDOW.toMillis()) {
      fallBack(member);
    }
  }

  private void identify(Member member) {
    observations.identified(member.client, member.id, member.address);
  }

  private void connect(Member member) {
    if (clock.millis() < member.pollsUntil || Arm.of(rule, member.client) != Arm.TREATED) {
      return;
    }
    boolean never = failing && member.fails && clock.millis() >= member.failsAt;
    if (never || random.nextDouble() < HANDSHAKE) {
      fallBack(member);
      return;
    }
    member.open = true;
    observations.opened(member.client);
    observations.reported(member.client, "proven", null, 200L, "192.0.2.1");
  }

  private void fallBack(Member member) {
    if (failing && member.fails) {
      failed.add(member.id);
    }
    member.open = false;
    member.pollsUntil = clock.millis() + AVOIDS_WEBSOCKET.toMillis();
    observations.reported(member.client, "fallback", "timeout", null, "192.0.2.1");
  }

  private void leave(Member member) {
    if (member.open) {
      boolean abnormal = weather == Weather.MOBILE && random.nextInt(20) == 0;
      observations.closed(member.client, Duration.ofMinutes(3), abnormal, true);
      member.open = false;
    }
  }

  private void forge() {
    for (int i = 0; i < 200; i++) {
      Client invented = new Client("forged-" + random.nextInt(10_000), SHOPS.get(i % SHOPS.size()));
      observations.asked(invented, "203.0.113.66");
      observations.reported(invented, "fallback", "gap", null, "203.0.113.66");
    }
  }

  private void lie() {
    for (int i = 0; i < 50; i++) {
      Client liar = new Client("liar-" + i, "carl");
      observations.identified(liar, "liar-" + i, "203." + i + ".113.66");
      observations.reported(liar, "fallback", "gap", null, "203." + i + ".113.66");
    }
  }

  private boolean judge() {
    NodeReport report =
        new NodeReport(
            "a",
            observations.assignment(),
            clock.millis(),
            false,
            new NodeFigures(1, 20_000, 0, 1, 20_000, 0.3, 0.1, 0.1, 0, 0, 0),
            observations.counts());
    Evidence evidence = Evidence.of(List.of(report), rule.assignment(), clock.millis());
    Verdict verdict = Gate.judge(rule, evidence, clock.instant());
    why = verdict.why().en();
    Change change = Change.because("sim").byMachine();
    switch (verdict.kind()) {
      case STEP_BACK, TO_ZERO -> {
        return true;
      }
      case PROMOTE -> change.move(Move.PROMOTE);
      case ASK -> change = Change.because("sim").move(Move.ADVANCE);
      case EXCLUDE_SHOP -> {
        Set<String> denied = new HashSet<>(rule.denyShops());
        denied.addAll(verdict.shops());
        change.deny(denied, null);
      }
      default -> {
        return false;
      }
    }
    rule = rule.change(change, ++revision, "gate", clock.instant());
    return false;
  }
}
