package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.Observations.Count;
import dev.crossfade.rollout.Progress.Move;
import dev.crossfade.rollout.Progress.State;
import dev.crossfade.rollout.Verdict.Kind;
import dev.crossfade.support.Sentences;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the gate says, and how often it is wrong. */
class GateTest {

  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");
  private static final NodeFigures IDLE = figures(100, 0.3, 0.1);

  // ---- one verdict at a time

  @Test
  void a_good_stage_is_promoted_when_its_time_is_over_and_not_before() {
    Rule rule = running("p;1/60/30;5/60/30");
    assertThat(judge(rule, healthy(500), 59).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(rule, healthy(500), 59).why().en()).contains("1 min to go");
    assertThat(judge(rule, healthy(500), 60).kind()).isEqualTo(Kind.PROMOTE);
  }

  @Test
  void a_person_is_asked_where_the_plan_says_so_and_always_above_25_percent() {
    assertThat(judge(running("p;1/0/1;5/60/30/approve"), healthy(500), 1).kind())
        .isEqualTo(Kind.ASK);
    assertThat(judge(running("p;1/0/1;25/60/30"), healthy(500), 1).kind()).isEqualTo(Kind.PROMOTE);
    assertThat(judge(running("p;1/0/1;25.01/60/30"), healthy(500), 1).kind()).isEqualTo(Kind.ASK);
  }

  @Test
  void too_little_data_holds_and_says_how_much_is_missing_and_how_long_that_takes() {
    Verdict verdict = judge(running("p;1/60/30;5/60/30"), healthy(40), 60);
    assertThat(verdict.kind()).isEqualTo(Kind.HOLD);
    assertThat(verdict.why().en())
        .isEqualTo("handshake needs more data: 40 of 73 , about 49 min more".replace(" ,", ","));
    Verdict few = judge(running("p;1/60/30;5/60/30"), healthy(12), 60);
    assertThat(few.why().en()).startsWith("12 of 30 clients, about 1 h 30 min more");
    assertThat(few.why().zh()).contains("12 / 30");
  }

  @Test
  void failing_handshakes_go_back_and_a_second_time_or_a_second_signal_to_zero() {
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    Rule rule = running("p;1/60/30;5/60/30");
    assertThat(judge(rule, failing, 1).kind()).isEqualTo(Kind.STEP_BACK);
    assertThat(judge(rule, failing, 1).why().en()).startsWith("handshake is too high: 200 of 700");
    Rule again = rule.change(because().move(Move.PROMOTE).byMachine(), 9, "gate", START);
    Progress second = new Progress(again.progress().plan(), 0, State.RUNNING, START, 1);
    assertThat(judge(with(again, second), failing, 1).kind()).isEqualTo(Kind.TO_ZERO);
    failing.add(count(Signal.EARLY_DEATH, Arm.TREATED, "a", 200, 0));
    assertThat(judge(rule, failing, 1).kind()).isEqualTo(Kind.TO_ZERO);
  }

  @Test
  void it_goes_back_too_while_it_waits_for_a_person_and_when_it_is_completed() {
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    Rule rule = running("p;1/0/30;5/0/30");
    for (State state : new State[] {State.AWAITING_APPROVAL, State.COOLDOWN, State.COMPLETED}) {
      Progress there = new Progress(rule.progress().plan(), 0, state, START, 0);
      assertThat(judge(with(rule, there), failing, 1).kind()).isEqualTo(Kind.STEP_BACK);
    }
  }

  @Test
  void a_person_or_a_kill_stands_above_the_gate() {
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    Rule rule = running("p;1/60/30;5/60/30");
    Rule paused = rule.change(because().move(Move.PAUSE), 9, "ops", START);
    assertThat(judge(paused, failing, 1).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(paused, failing, 1).findings())
        .as("what it sees is shown all the same")
        .anyMatch(f -> f.outcome() == Sprt.Outcome.BAD);
    Rule killed = rule.change(because().killed(true), 9, "ops", START);
    assertThat(judge(killed, failing, 1).kind()).isEqualTo(Kind.HOLD);
  }

  @Test
  void one_bad_shop_among_good_ones_is_excluded_and_then_does_not_count() {
    List<Count> counts = healthy(500);
    counts.add(new Count(Signal.HANDSHAKE.text(), "treated", "bad", 30, 1, 8));
    Rule rule = running("p;1/0/30;5/60/30");
    Verdict verdict = judge(rule, counts, 1);
    assertThat(verdict.kind()).isEqualTo(Kind.EXCLUDE_SHOP);
    assertThat(verdict.shops()).containsExactly("bad");
    Rule without = rule.change(because().deny(Set.of("bad"), null).byMachine(), 9, "gate", START);
    assertThat(judge(without, counts, 1).kind()).isEqualTo(Kind.PROMOTE);
  }

  @Test
  void one_client_of_a_shop_is_no_bad_shop_and_where_all_fail_it_is_not_the_shop() {
    List<Count> one = healthy(500);
    one.add(new Count(Signal.HANDSHAKE.text(), "treated", "bad", 6, 0, 1));
    assertThat(judge(running("p;1/0/30;5/60/30"), one, 1).kind()).isNotEqualTo(Kind.EXCLUDE_SHOP);
    List<Count> all = new ArrayList<>();
    for (String shop : new String[] {"a", "b", "c"}) {
      all.add(new Count(Signal.HANDSHAKE.text(), "treated", shop, 30, 10, 20));
    }
    assertThat(judge(running("p;1/0/30;5/60/30"), all, 1).kind()).isEqualTo(Kind.STEP_BACK);
  }

  @Test
  void what_is_late_is_judged_beside_those_who_poll() {
    List<Count> both = healthy(500);
    both.add(count(Signal.LATE, Arm.TREATED, "a", 100, 400));
    both.add(count(Signal.LATE, Arm.CONTROL, "a", 100, 400));
    Rule rule = running("p;1/0/30;5/60/30");
    assertThat(judge(rule, both, 1).kind()).isEqualTo(Kind.PROMOTE);
    both.add(count(Signal.LATE, Arm.TREATED, "a", 100, 0));
    both.add(count(Signal.LATE, Arm.CONTROL, "a", 0, 100));
    assertThat(judge(rule, both, 1).kind()).isEqualTo(Kind.STEP_BACK);
  }

  @Test
  void gaps_of_several_clients_go_to_zero_and_one_holds() {
    List<Count> counts = healthy(500);
    counts.add(new Count(Signal.GAP.text(), "treated", "a", 1, 0, 1));
    Rule rule = running("p;1/0/30;5/60/30");
    assertThat(judge(rule, counts, 1).kind()).isEqualTo(Kind.HOLD);
    counts.add(new Count(Signal.GAP.text(), "treated", "a", 2, 0, 1));
    assertThat(judge(rule, counts, 1).kind()).isEqualTo(Kind.TO_ZERO);
  }

  @Test
  void arms_of_different_size_hold() {
    List<Count> counts = healthy(500);
    counts.add(new Count(Observations.HEARD, "control", "a", 0, 300, 0));
    Verdict verdict = judge(running("p;1/0/30;5/60/30"), counts, 1);
    assertThat(verdict.kind()).isEqualTo(Kind.HOLD);
    assertThat(verdict.why().en()).contains("500 and 800");
  }

  @Test
  void a_node_that_does_not_report_holds_and_one_that_said_good_bye_does_not() {
    Rule rule = running("p;1/0/30;5/60/30");
    Instant now = START.plus(Duration.ofMinutes(10));
    NodeReport here = report("a", rule.line(), now, false, IDLE, healthy(500));
    Instant before = now.minus(Duration.ofMinutes(3));
    NodeReport silent = report("b", rule.line(), before, false, IDLE, List.of());
    NodeReport left = report("b", rule.line(), before, true, IDLE, List.of());
    assertThat(judge(rule, now, here, silent).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(rule, now, here, silent).why().en()).isEqualTo("no report from b");
    assertThat(judge(rule, now, here, left).kind()).isEqualTo(Kind.PROMOTE);
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    NodeReport bad = report("a", rule.line(), now, false, IDLE, failing);
    assertThat(judge(rule, now, bad, silent).kind()).isEqualTo(Kind.STEP_BACK);
    assertThat(judge(rule, now).kind()).isEqualTo(Kind.HOLD);
  }

  @Test
  void what_was_seen_under_another_line_does_not_count() {
    Rule rule = running("p;1/0/30;5/60/30");
    Instant now = START.plus(Duration.ofMinutes(10));
    NodeReport old = report("a", rule.line() - 1, now, false, IDLE, healthy(500));
    assertThat(judge(rule, now, old).why().en()).startsWith("0 of 30 clients");
  }

  @Test
  void no_stage_begins_that_the_nodes_have_no_room_for() {
    Rule rule = running("p;1/0/30;25/60/30");
    assertThat(onNode(rule, IDLE).kind()).isEqualTo(Kind.PROMOTE);
    // 10 sockets at 1 % are 250 at 25 %; each adds 0.003 of the heap, and 0.3 + 0.72 is too much.
    NodeFigures heap = new NodeFigures(10, 20_000, 0, 990, 20_000, 0.3, 0.1, 0.1, 0.003, 0, 0);
    assertThat(onNode(rule, heap).why().en()).endsWith("would have too little room: heap");
    NodeFigures few = new NodeFigures(10, 200, 0, 990, 20_000, 0.3, 0.1, 0.1, 0, 0, 0);
    assertThat(onNode(rule, few).why().en()).endsWith("would have too little room: connections");
    NodeFigures noWayBack = new NodeFigures(10, 20_000, 0, 990, 500, 0.3, 0.1, 0.1, 0, 0, 0);
    assertThat(onNode(rule, noWayBack).why().en()).endsWith("too little room: polling");
    assertThat(onNode(rule, figures(100, 0.8, 0.1)).why().en())
        .endsWith("has too little room: heap");
    assertThat(onNode(rule, figures(100, 0.95, 0.1)).kind()).isEqualTo(Kind.TO_ZERO);
  }

  @Test
  void nothing_goes_above_the_ceiling() {
    Rule rule =
        running("p;1/0/30;5/60/30").change(because().ceiling(400).byMachine(), 9, "x", START);
    Verdict verdict = judge(rule, healthy(500), 1);
    assertThat(verdict.kind()).isEqualTo(Kind.HOLD);
    assertThat(verdict.why().en()).isEqualTo("the ceiling is 4.00 %");
  }

  @Test
  void after_it_was_taken_back_it_waits_an_hour() {
    Rule rule = running("p;1/0/30;5/0/30;10/0/30");
    Progress back = new Progress(rule.progress().plan(), 0, State.COOLDOWN, START, 1);
    assertThat(judge(with(rule, back), healthy(500), 59).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(with(rule, back), healthy(500), 60).kind()).isEqualTo(Kind.PROMOTE);
  }

  // ---- how often it is wrong

  @Test
  void a_healthy_rollout_of_the_default_plan_is_taken_back_in_less_than_one_of_a_hundred() {
    // Every true rate is half of what is tolerated; looked at after each client, up to 2,000 in
    // each of the eight stages.
    Random random = new Random(20261121);
    int runs = 1_000;
    int back = 0;
    for (int run = 0; run < runs; run++) {
      back += steppedBack(random, 8, 0.5) ? 1 : 0;
    }
    assertThat(back).isLessThan(runs / 100);
  }

  @Test
  void even_where_every_rate_is_just_tolerated_fewer_than_seven_of_a_hundred_are_taken_back() {
    Random random = new Random(20261121);
    int runs = 1_000;
    int back = 0;
    for (int run = 0; run < runs; run++) {
      back += steppedBack(random, 8, 1.0) ? 1 : 0;
    }
    assertThat(back).isLessThan(70);
  }

  @Test
  void a_fleet_with_a_fifth_of_failing_handshakes_is_taken_back_within_30_failing_clients() {
    Random random = new Random(20261121);
    int[] failures = new int[1_000];
    for (int run = 0; run < failures.length; run++) {
      int bad = 0;
      int n = 0;
      Sprt.Outcome outcome = Sprt.Outcome.UNDECIDED;
      while (outcome == Sprt.Outcome.UNDECIDED) {
        n++;
        bad += random.nextDouble() < 0.2 ? 1 : 0;
        outcome = outcome(Signal.HANDSHAKE, bad, n);
      }
      assertThat(outcome).isEqualTo(Sprt.Outcome.BAD);
      failures[run] = bad;
    }
    assertThat(Arrays.stream(failures).max().getAsInt()).isLessThanOrEqualTo(30);
  }

  @Test
  void five_failures_in_a_row_are_enough_and_73_clean_ones_pass() {
    assertThat(outcome(Signal.HANDSHAKE, 4, 4)).isEqualTo(Sprt.Outcome.UNDECIDED);
    assertThat(outcome(Signal.HANDSHAKE, 5, 5)).isEqualTo(Sprt.Outcome.BAD);
    assertThat(outcome(Signal.HANDSHAKE, 0, 72)).isEqualTo(Sprt.Outcome.UNDECIDED);
    assertThat(outcome(Signal.HANDSHAKE, 0, 73)).isEqualTo(Sprt.Outcome.GOOD);
  }

  @Test
  void wilsons_interval_is_wilsons() {
    // Reference: 0 of 20 is at most 16.1 %; 3 of 50 is 2.1 % to 16.2 %.
    assertThat(Sprt.wilson(0, 20)[1]).isBetween(0.160, 0.162);
    assertThat(Sprt.wilson(3, 50)[0]).isBetween(0.0205, 0.0207);
    assertThat(Sprt.wilson(3, 50)[1]).isBetween(0.161, 0.163);
    assertThat(Sprt.wilson(0, 0)).containsExactly(0, 1);
  }

  /** One run of the plan: each stage until all is good, or 2,000 observations of each signal. */
  private static boolean steppedBack(Random random, int stages, double ofTolerated) {
    for (int stage = 0; stage < stages; stage++) {
      for (Signal signal : Signal.values()) {
        if (signal.hard() && signal.kind == Signal.Kind.SHARE) {
          int bad = 0;
          for (int n = 1; n <= 2_000; n++) {
            bad += random.nextDouble() < ofTolerated * signal.tolerated() ? 1 : 0;
            Sprt.Outcome outcome = outcome(signal, bad, n);
            if (outcome == Sprt.Outcome.BAD) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private static Sprt.Outcome outcome(Signal signal, int bad, int n) {
    return signal.test().outcome(Sprt.share(bad, n, signal.tolerated(), signal.intolerable()));
  }

  // ---- what it is given

  private static Rule running(String plan) {
    return Rule.first(START)
        .change(because().plan(Plan.parse(plan)), 2, "ops", START)
        .change(because().move(Move.START), 3, "ops", START);
  }

  private static Rule with(Rule rule, Progress progress) {
    return new Rule(
        rule.enabled(),
        rule.killed(),
        rule.basisPoints(),
        rule.salt(),
        rule.bucketBy(),
        rule.allowShops(),
        rule.allowClients(),
        rule.denyShops(),
        rule.denyClients(),
        rule.cohort(),
        rule.ceiling(),
        rule.watchOnly(),
        progress,
        rule.line(),
        rule.revision(),
        rule.reason(),
        rule.updatedBy(),
        rule.updatedAt());
  }

  private static Change because() {
    return Change.because("test");
  }

  /** So many clients in each arm, each seen once with everything, nothing bad. */
  private static List<Count> healthy(int clients) {
    List<Count> counts = new ArrayList<>();
    for (Arm arm : Arm.values()) {
      counts.add(new Count(Observations.HEARD, arm.text(), "a", 0, clients, 0));
      for (Signal signal : Signal.values()) {
        if (signal.kind == Signal.Kind.SHARE) {
          counts.add(count(signal, arm, "a", 0, clients));
        }
      }
      counts.add(count(Signal.ABNORMAL_CLOSE, arm, "a", 0, clients * 600));
    }
    return counts;
  }

  private static Count count(Signal signal, Arm arm, String shop, long bad, long good) {
    return new Count(signal.text(), arm.text(), shop, bad, good, bad);
  }

  private static NodeFigures figures(int sockets, double heap, double files) {
    return new NodeFigures(sockets, 20_000, 0, 1_000, 20_000, heap, files, 0.1, 0, 0, 0);
  }

  private static NodeReport report(
      String node,
      long line,
      Instant at,
      boolean leaving,
      NodeFigures figures,
      List<Count> counts) {
    return new NodeReport(node, line, at.toEpochMilli(), leaving, figures, counts);
  }

  private static Verdict judge(Rule rule, List<Count> counts, int minutes) {
    Instant now = START.plus(Duration.ofMinutes(minutes));
    return judge(rule, now, report("a", rule.line(), now, false, IDLE, counts));
  }

  private static Verdict onNode(Rule rule, NodeFigures figures) {
    Instant now = START.plus(Duration.ofMinutes(1));
    return judge(rule, now, report("a", rule.line(), now, false, figures, healthy(500)));
  }

  private static Verdict judge(Rule rule, Instant now, NodeReport... reports) {
    Evidence evidence = Evidence.of(List.of(reports), rule.line(), now.toEpochMilli());
    Verdict verdict = Gate.judge(rule, evidence, now);
    Sentences.assertComplete(verdict.why());
    return verdict;
  }
}
