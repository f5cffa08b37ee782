package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.rollout.Progress.Move;
import dev.crossfade.rollout.Progress.State;
import dev.crossfade.support.Sentences;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans, and every way that one may move. */
class PlanTest {

  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Plan PLAN = Plan.parse("p;1/10/5;25/10/5;50/10/5");

  @ParameterizedTest
  @ValueSource(strings = {"default", "cautious", "small-fleet"})
  void every_preset_is_a_plan_that_ends_at_100_and_asks_above_25(String name) {
    Plan plan = Plan.named(name);
    assertThat(plan.name()).isEqualTo(name);
    assertThat(plan.stages().get(plan.stages().size() - 1).basisPoints()).isEqualTo(10_000);
    assertThat(plan.stages())
        .filteredOn(stage -> stage.basisPoints() > 2_500)
        .allMatch(Plan.Stage::asks);
    assertThat(Plan.parse(plan.text())).isEqualTo(plan);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "p;5/1/1;1/1/1", // falls
        "p;5/1/1;5/1/1", // does not rise
        "p;0/1/1",
        "p;100.01/1/1",
        "p;-1/1/1",
        "p;NaN/1/1",
        "p;1.234/1/1",
        "p;5/-1/1",
        "p;5/1/-1",
        "p;5/1",
        "p;5/1/1/yes",
        "p;5/43201/1",
        "p;",
        "no such preset",
        "missing",
        "../default",
        "p;1/0/0;2/0/0;3/0/0;4/0/0;5/0/0;6/0/0;7/0/0;8/0/0;9/0/0;10/0/0;11/0/0;12/0/0;13/0/0;"
            + "14/0/0;15/0/0;16/0/0;17/0/0;18/0/0;19/0/0;20/0/0;21/0/0"
      })
  void what_is_no_plan_is_refused(String text) {
    assertThatThrownBy(() -> Plan.named(text))
        .isInstanceOfSatisfying(
            ChatException.class, refusal -> Sentences.assertComplete(refusal.sentence()));
  }

  @Test
  void it_goes_up_by_stages_and_is_completed_at_the_last() {
    Progress progress = Progress.ready(PLAN, NOW).after(Move.START, 0, NOW);
    assertThat(progress.line()).isEqualTo(100);
    progress = progress.after(Move.PROMOTE, 100, NOW);
    assertThat(progress.line()).isEqualTo(2_500);
    progress = progress.after(Move.ASK, 2_500, NOW);
    assertThat(progress.state()).isEqualTo(State.AWAITING_APPROVAL);
    assertThat(progress.line()).isEqualTo(2_500);
    progress = progress.after(Move.APPROVE, 2_500, NOW);
    assertThat(progress.line()).isEqualTo(5_000);
    assertThat(progress.state()).isEqualTo(State.COMPLETED);
    assertThat(progress.next()).isNull();
  }

  @Test
  void taken_back_it_cools_down_and_before_the_first_stage_it_waits_for_a_person() {
    Progress second = new Progress(PLAN, 1, State.RUNNING, NOW, 0);
    Progress back = second.after(Move.STEP_BACK, 2_500, NOW);
    assertThat(back.state()).isEqualTo(State.COOLDOWN);
    assertThat(back.line()).isEqualTo(100);
    Progress zero = back.after(Move.STEP_BACK, 100, NOW);
    assertThat(zero.state()).isEqualTo(State.PAUSED);
    assertThat(zero.line()).isZero();
    assertThat(zero.stepBacks()).isEqualTo(2);
    assertThat(zero.after(Move.RESUME, 0, NOW).stepBacks()).isZero();
  }

  @Test
  void a_person_who_moved_the_percentage_resumes_from_where_it_is() {
    Progress paused = new Progress(PLAN, 2, State.PAUSED, NOW, 0);
    assertThat(paused.after(Move.RESUME, 3_000, NOW).stage()).isEqualTo(1);
    assertThat(paused.after(Move.RESUME, 50, NOW).stage()).isEqualTo(-1);
  }

  @Test
  void what_does_not_fit_its_state_is_refused() {
    Progress ready = Progress.ready(PLAN, NOW);
    assertThatThrownBy(() -> ready.after(Move.APPROVE, 0, NOW)).isInstanceOf(ChatException.class);
    Progress running = new Progress(PLAN, 0, State.RUNNING, NOW, 0);
    assertThatThrownBy(() -> running.after(Move.START, 100, NOW)).isInstanceOf(ChatException.class);
    assertThatThrownBy(() -> running.after(Move.APPROVE, 100, NOW))
        .isInstanceOf(ChatException.class);
  }

  @Test
  void a_persons_change_pauses_a_running_plan_and_the_machines_does_not() {
    Rule rule = Rule.first(NOW).change(because().plan(PLAN), 2, "ops", NOW);
    assertThat(rule.basisPoints()).isZero();
    rule = rule.change(because().move(Move.START), 3, "ops", NOW);
    assertThat(rule.basisPoints()).isEqualTo(100);
    assertThat(rule.line()).isEqualTo(3);
    Rule excluded = rule.change(because().deny(Set.of("s"), null).byMachine(), 4, "gate", NOW);
    assertThat(excluded.progress().state()).isEqualTo(State.RUNNING);
    assertThat(excluded.line()).as("the line did not move").isEqualTo(3);
    Rule byHand = rule.change(because().basisPoints(1_200), 4, "ops", NOW);
    assertThat(byHand.progress().state()).isEqualTo(State.PAUSED);
    assertThat(byHand.basisPoints()).isEqualTo(1_200);
    assertThat(byHand.line()).isEqualTo(4);
    Rule resumed = byHand.change(because().move(Move.RESUME), 5, "ops", NOW);
    assertThat(resumed.basisPoints()).as("goes on from where the person left it").isEqualTo(1_200);
    assertThat(resumed.progress().stage()).isZero();
    assertThat(resumed.change(because().killed(true), 6, "ops", NOW).progress().state())
        .isEqualTo(State.PAUSED);
  }

  @Test
  void a_plan_begins_where_the_percentage_stands_and_lowers_nobody() {
    Rule byHand = Rule.first(NOW).change(because().basisPoints(3_000), 2, "ops", NOW);
    Rule started =
        byHand
            .change(because().plan(PLAN), 3, "ops", NOW)
            .change(because().move(Move.START), 4, "ops", NOW);
    assertThat(started.basisPoints()).isEqualTo(3_000);
    assertThat(started.progress().stage()).isEqualTo(1);
  }

  @Test
  void nobody_goes_above_the_ceiling() {
    Rule rule = Rule.first(NOW).change(because().ceiling(1_000), 2, "ops", NOW);
    assertThat(rule.change(because().basisPoints(5_000), 3, "ops", NOW).basisPoints())
        .isEqualTo(1_000);
    Rule half = Rule.first(NOW).change(because().basisPoints(5_000), 2, "ops", NOW);
    assertThat(half.change(because().ceiling(1_000), 3, "ops", NOW).basisPoints())
        .as("a lowered ceiling lowers what stands above it")
        .isEqualTo(1_000);
  }

  @Test
  void a_cohort_asks_for_version_and_platform() {
    Cohort cohort = Cohort.parse("version>=4.2;platform=web,ios");
    assertThat(cohort.includes(client("4.2.0", "web"))).isTrue();
    assertThat(cohort.includes(client("4.10", "ios"))).isTrue();
    assertThat(cohort.includes(client("v5-beta", "web"))).isTrue();
    assertThat(cohort.includes(client("4.1.9", "web"))).isFalse();
    assertThat(cohort.includes(client("4.2", "till"))).isFalse();
    assertThat(cohort.includes(client(null, "web"))).isFalse();
    assertThat(cohort.includes(client("new", "web"))).isFalse();
    assertThat(Cohort.parse("").includes(client(null, null))).isTrue();
    assertThat(Cohort.parse(cohort.text())).isEqualTo(cohort);
    for (String bad : new String[] {";", "version>4", "version>=x", "platform=", "a=b", "1 2"}) {
      assertThatThrownBy(() -> Cohort.parse(bad)).as(bad).isInstanceOf(ChatException.class);
    }
  }

  private static Client client(String version, String platform) {
    return new Client("c", "demo", version, platform);
  }

  private static Change because() {
    return Change.because("test");
  }
}
