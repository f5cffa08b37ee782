package dev.crossfade.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.gate.Observations.Count;
import dev.crossfade.rollout.gate.Verdict.Kind;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Progress.Move;
import dev.crossfade.rollout.rule.Progress.State;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.support.Sentences;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
  void a_kill_stands_above_the_gate_and_a_plan_that_is_paused_goes_back_and_stays_paused() {
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    Rule rule = running("p;1/60/30;5/60/30");
    Rule killed = rule.change(because().killed(true), 9, "ops", START);
    assertThat(judge(killed, failing, 1).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(killed, failing, 1).findings())
        .as("what it sees is shown all the same")
        .anyMatch(f -> f.outcome() == Sprt.Outcome.BAD);
    Rule second = rule.change(because().move(Move.ADVANCE), 8, "ops", START);
    Rule paused = second.change(because().basisPoints(300), 9, "ops", START);
    assertThat(judge(paused, healthy(500), 1).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(paused, failing, 1).kind()).isEqualTo(Kind.STEP_BACK);
    Rule back = paused.change(because().move(Move.STEP_BACK).byMachine(), 10, "gate", START);
    assertThat(back.progress().state()).isEqualTo(State.PAUSED);
    assertThat(back.basisPoints()).as("the stage below 3 %").isEqualTo(100);
    Rule low = second.change(because().basisPoints(50), 9, "ops", START);
    Rule lower = low.change(because().move(Move.STEP_BACK).byMachine(), 10, "gate", START);
    assertThat(lower.basisPoints()).as("never up, by stepping back").isZero();
    assertThat(lower.assignment()).as("judged anew").isEqualTo(10);
    Rule zero = second.change(because().basisPoints(0), 9, "ops", START);
    assertThat(judge(zero, failing, 1).kind()).as("nothing to take back").isEqualTo(Kind.HOLD);
  }

  @Test
  void what_a_person_sets_while_it_is_paused_forgets_that_it_was_taken_back() {
    Rule rule = running("p;1/60/30;5/60/30;10/60/30");
    Rule zero = rule.change(because().move(Move.TO_ZERO).byMachine(), 4, "gate", START);
    Rule again = zero.change(because().basisPoints(500), 5, "ops", START);
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    assertThat(judge(again, failing, 1).kind()).isEqualTo(Kind.STEP_BACK);
    assertThat(again.progress().state()).isEqualTo(State.PAUSED);
  }

  @Test
  void a_long_healthy_time_does_not_hide_a_failure() {
    List<Count> counts = healthy(500);
    Recent.Window now = new Recent.Window(40, 160);
    Recent recent = new Recent(List.of(now, now, now));
    counts.add(new Count(Signal.FALLBACK.text(), "treated", "a", 40, 9_000_000, 40, recent));
    assertThat(judge(running("p;1/0/30;5/60/30"), counts, 1).kind()).isEqualTo(Kind.STEP_BACK);
  }

  @Test
  void the_latest_of_a_node_that_is_gone_says_nothing_of_now() {
    Rule rule = running("p;1/0/30;5/60/30");
    Instant now = START.plus(Duration.ofHours(5));
    List<Count> few = healthy(500);
    few.add(count(Signal.FALLBACK, Arm.TREATED, "a", 8, 0));
    Recent.Window then = new Recent.Window(40, 0);
    Recent recent = new Recent(List.of(then, then, then));
    List<Count> failing =
        List.of(new Count(Signal.FALLBACK.text(), "treated", "a", 40, 5_000, 40, recent));
    Instant before = now.minus(Duration.ofHours(2));
    NodeReport gone = report("b", rule.assignment(), before, true, IDLE, failing);
    NodeReport here = report("a", rule.assignment(), now, false, IDLE, few);
    assertThat(judge(rule, now, here, gone).kind()).isNotEqualTo(Kind.STEP_BACK);
    NodeReport wellBefore = report("b", rule.assignment(), before, true, IDLE, healthy(9_000));
    NodeReport nowBad = report("a", rule.assignment(), now, false, IDLE, failing);
    assertThat(judge(rule, now, nowBad, wellBefore).kind()).isEqualTo(Kind.STEP_BACK);
  }

  @Test
  void a_node_that_runs_out_holds_but_lost_messages_and_a_bad_shop_are_not_left() {
    Rule rule = running("p;1/0/30;5/60/30");
    NodeFigures full = figures(100, 0.95, 0.1);
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    Instant now = START.plus(Duration.ofMinutes(1));
    NodeReport bad = report("a", rule.assignment(), now, false, full, failing);
    assertThat(judge(rule, now, bad).kind()).isEqualTo(Kind.HOLD);
    failing.add(count(Signal.GAP, Arm.TREATED, "a", 3, 0));
    NodeReport gaps = report("a", rule.assignment(), now, false, full, failing);
    assertThat(judge(rule, now, gaps).kind()).isEqualTo(Kind.TO_ZERO);
  }

  @Test
  void two_clients_are_no_failing_transport_however_often_they_fail() {
    List<Count> counts = new ArrayList<>();
    counts.add(count(Signal.FALLBACK.text(), "treated", "a", 12, 0, 2));
    counts.add(count(Signal.ABNORMAL_CLOSE.text(), "treated", "a", 12, 0, 2));
    assertThat(judge(running("p;1/0/30;5/60/30"), counts, 1).kind()).isEqualTo(Kind.HOLD);
  }

  @Test
  void the_failures_of_one_shop_take_nobody_else_back() {
    List<Count> counts = healthy(500);
    counts.add(count(Signal.FALLBACK, Arm.TREATED, "b", 50, 60));
    Verdict verdict = judge(running("p;1/0/30;5/60/30"), counts, 1);
    assertThat(verdict.kind()).isEqualTo(Kind.EXCLUDE_SHOP);
    assertThat(verdict.shops()).containsExactly("b");
  }

  @Test
  void where_no_more_shops_can_be_excluded_it_goes_back() {
    List<Count> counts = healthy(500);
    counts.add(count(Signal.HANDSHAKE, Arm.TREATED, "bad", 60, 1));
    Set<String> many = new TreeSet<>();
    for (int i = 0; i < Rule.MAX_LISTED; i++) {
      many.add("shop-" + i);
    }
    Rule rule =
        running("p;1/0/30;5/60/30").change(because().deny(many, null).byMachine(), 9, "x", START);
    assertThat(judge(rule, counts, 1).kind()).isEqualTo(Kind.STEP_BACK);
  }

  @Test
  void one_bad_shop_among_good_ones_is_excluded_and_then_does_not_count() {
    List<Count> counts = healthy(500);
    counts.add(count(Signal.HANDSHAKE.text(), "treated", "bad", 30, 1, 12));
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
    one.add(count(Signal.HANDSHAKE.text(), "treated", "bad", 20, 0, 2));
    assertThat(judge(running("p;1/0/30;5/60/30"), one, 1).kind()).isNotEqualTo(Kind.EXCLUDE_SHOP);
    List<Count> all = new ArrayList<>();
    for (String shop : new String[] {"a", "b", "c"}) {
      all.add(count(Signal.HANDSHAKE.text(), "treated", shop, 30, 10, 20));
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
  void gaps_of_three_clients_go_to_zero_and_of_one_shop_alone_exclude_it() {
    List<Count> counts = healthy(500);
    counts.add(count(Signal.GAP.text(), "treated", "a", 9, 0, 2));
    Rule rule = running("p;1/0/30;5/60/30");
    assertThat(judge(rule, counts, 1).kind()).isEqualTo(Kind.PROMOTE);
    counts.add(count(Signal.GAP.text(), "treated", "b", 1, 0, 1));
    assertThat(judge(rule, counts, 1).kind()).isEqualTo(Kind.TO_ZERO);
    List<Count> one = healthy(500);
    one.add(count(Signal.GAP.text(), "treated", "b", 9, 0, 3));
    assertThat(judge(rule, one, 1).shops()).containsExactly("b");
  }

  @Test
  void arms_of_different_size_hold() {
    List<Count> counts = healthy(500);
    counts.add(count(Observations.HEARD, "control", "a", 0, 300, 0));
    Verdict verdict = judge(running("p;1/0/30;5/60/30"), counts, 1);
    assertThat(verdict.kind()).isEqualTo(Kind.HOLD);
    assertThat(verdict.why().en()).contains("500 and 800");
  }

  @Test
  void a_node_that_does_not_report_holds_and_one_that_said_good_bye_does_not() {
    Rule rule = running("p;1/0/30;5/60/30");
    Instant now = START.plus(Duration.ofMinutes(10));
    NodeReport here = report("a", rule.assignment(), now, false, IDLE, healthy(500));
    Instant before = now.minus(Duration.ofMinutes(3));
    NodeReport silent = report("b", rule.assignment(), before, false, IDLE, List.of());
    NodeReport left = report("b", rule.assignment(), before, true, IDLE, List.of());
    assertThat(judge(rule, now, here, silent).kind()).isEqualTo(Kind.HOLD);
    assertThat(judge(rule, now, here, silent).why().en()).isEqualTo("no report from b");
    assertThat(judge(rule, now, here, left).kind()).isEqualTo(Kind.PROMOTE);
    List<Count> failing = healthy(500);
    failing.add(count(Signal.HANDSHAKE, Arm.TREATED, "a", 200, 0));
    NodeReport bad = report("a", rule.assignment(), now, false, IDLE, failing);
    assertThat(judge(rule, now, bad, silent).kind()).isEqualTo(Kind.STEP_BACK);
    assertThat(judge(rule, now).kind()).isEqualTo(Kind.HOLD);
  }

  @Test
  void what_was_seen_under_another_line_does_not_count() {
    Rule rule = running("p;1/0/30;5/60/30");
    Instant now = START.plus(Duration.ofMinutes(10));
    NodeReport old = report("a", rule.assignment() - 1, now, false, IDLE, healthy(500));
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
    // Everybody back to polling would cost more memory, not less.
    assertThat(onNode(rule, figures(100, 0.95, 0.1)).kind()).isEqualTo(Kind.HOLD);
    assertThat(onNode(rule, figures(100, 0.95, 0.1)).why().en()).contains("growth stops");
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
  void nine_failures_in_a_row_are_bad_and_73_clean_ones_pass() {
    assertThat(handshake(8, 0).outcome()).isEqualTo(Sprt.Outcome.UNDECIDED);
    assertThat(handshake(9, 0).outcome()).isEqualTo(Sprt.Outcome.BAD);
    assertThat(handshake(0, 72).outcome()).isEqualTo(Sprt.Outcome.UNDECIDED);
    assertThat(handshake(0, 73).outcome()).isEqualTo(Sprt.Outcome.GOOD);
  }

  @Test
  void the_clients_of_one_network_can_never_move_the_gate_alone() {
    for (Signal signal : Signal.values()) {
      if (signal.hard() && signal.kind == Signal.Kind.SHARE) {
        double most = Panel.MAX_PER_NETWORK * Math.log(signal.intolerable() / signal.tolerated());
        assertThat(most).as(signal.text()).isLessThan(Findings.CHANGED);
      }
    }
    assertThat(Panel.MAX_GAPS_PER_NETWORK).isLessThan(Findings.CLIENTS_AT_LEAST);
  }

  @Test
  void wilsons_interval_is_wilsons() {
    // Reference: 0 of 20 is at most 16.1 %; 3 of 50 is 2.1 % to 16.2 %.
    assertThat(Sprt.wilson(0, 20)[1]).isBetween(0.160, 0.162);
    assertThat(Sprt.wilson(3, 50)[0]).isBetween(0.0205, 0.0207);
    assertThat(Sprt.wilson(3, 50)[1]).isBetween(0.161, 0.163);
    assertThat(Sprt.wilson(0, 0)).containsExactly(0, 1);
  }

  private static Verdict.Finding handshake(int bad, int good) {
    Rule rule = running("p;1/0/30;5/60/30");
    List<Count> counts = List.of(count(Signal.HANDSHAKE, Arm.TREATED, "a", bad, good));
    return judge(rule, counts, 1).findings().get(Signal.HANDSHAKE.ordinal());
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
        rule.assignment(),
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
      counts.add(count(Observations.HEARD, arm.text(), "a", 0, clients, 0));
      for (Signal signal : Signal.values()) {
        if (signal.kind == Signal.Kind.SHARE) {
          counts.add(count(signal, arm, "a", 0, clients));
        }
      }
    }
    return counts;
  }

  private static Count count(Signal signal, Arm arm, String shop, long bad, long good) {
    return count(signal.text(), arm.text(), shop, bad, good, bad);
  }

  /** All of it was seen within the last minutes. */
  private static Count count(
      String what, String arm, String shop, long bad, long good, long clients) {
    Recent.Window all = new Recent.Window(clients, good);
    return new Count(what, arm, shop, bad, good, clients, new Recent(List.of(all, all, all)));
  }

  private static NodeFigures figures(int sockets, double heap, double files) {
    return new NodeFigures(sockets, 20_000, 0, 1_000, 20_000, heap, files, 0.1, 0, 0, 0);
  }

  private static NodeReport report(
      String node,
      long assignment,
      Instant at,
      boolean leaving,
      NodeFigures figures,
      List<Count> counts) {
    return new NodeReport(node, assignment, at.toEpochMilli(), leaving, figures, counts);
  }

  private static Verdict judge(Rule rule, List<Count> counts, int minutes) {
    Instant now = START.plus(Duration.ofMinutes(minutes));
    return judge(rule, now, report("a", rule.assignment(), now, false, IDLE, counts));
  }

  private static Verdict onNode(Rule rule, NodeFigures figures) {
    Instant now = START.plus(Duration.ofMinutes(1));
    return judge(rule, now, report("a", rule.assignment(), now, false, figures, healthy(500)));
  }

  private static Verdict judge(Rule rule, Instant now, NodeReport... reports) {
    Evidence evidence = Evidence.of(List.of(reports), rule.assignment(), now.toEpochMilli());
    Verdict verdict = Gate.judge(rule, evidence, now);
    Sentences.assertComplete(verdict.why());
    return verdict;
  }
}
