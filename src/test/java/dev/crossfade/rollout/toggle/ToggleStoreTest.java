package dev.crossfade.rollout.toggle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.support.HandClock;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a failover to an older copy of the database, or a restore, does to the rule. */
class ToggleStoreTest {

  private static final Instant NOON = Instant.parse("2026-11-27T12:00:00Z");

  @TempDir Path folder;
  private Stored stored;
  private ToggleTable table;
  private ToggleStore here;
  private ToggleStore there;
  private final HandClock clock = new HandClock(NOON);
  private final List<Rule> announced = new ArrayList<>();

  @BeforeEach
  void open() {
    stored = new Stored(folder);
    table = new ToggleTable(stored.database);
    here = node(announced);
    there = node(new ArrayList<>());
    here.refresh();
    here.change(Change.because("begin").basisPoints(1_000), null, "ops", "CHANGE", null);
    there.refresh();
  }

  @AfterEach
  void close() {
    stored.close();
  }

  @Test
  void a_kill_after_a_failover_is_obeyed_although_its_number_is_not_new() {
    Rule earlier = here.rule();
    percentage(2_000);
    percentage(3_000);
    there.refresh();
    goBackTo(earlier);
    Rule killed = here.change(Change.because("smoke").killed(true), null, "ops", "KILL", null);
    assertThat(killed.revision()).isLessThan(there.rule().revision());
    assertThat(here.rule()).isEqualTo(killed);
    there.refresh();
    assertThat(there.rule()).isEqualTo(killed);
    assertThat(announced).last().isEqualTo(killed);
  }

  @Test
  void a_kill_that_a_failover_has_forgotten_holds_on_every_node() {
    Rule earlier = here.rule();
    here.change(Change.because("smoke").killed(true), null, "ops", "KILL", null);
    there.refresh();
    goBackTo(earlier);
    here.refresh();
    there.refresh();
    assertThat(List.of(here.rule().killed(), there.rule().killed())).containsExactly(true, true);
    assertThat(here.rule()).isEqualTo(there.rule());
    ToggleStore fresh = node(new ArrayList<>());
    fresh.refresh();
    assertThat(fresh.rule().killed()).as("it is stored again").isTrue();
    assertThat(table.entries(Long.MAX_VALUE, 1).get(0).reason())
        .isEqualTo("the database went back to before the kill");
    here.change(Change.because("mended").killed(false), null, "ops", "CHANGE", null);
    there.refresh();
    assertThat(there.rule().killed()).as("a person may take it back").isFalse();
  }

  @Test
  void a_node_that_comes_back_does_not_make_again_a_kill_that_was_ended_on_purpose() {
    Rule earlier = here.rule();
    clock.forward(Duration.ofMinutes(1));
    percentage(2_000);
    percentage(3_000);
    here.change(Change.because("smoke").killed(true), null, "ops", "KILL", null);
    there.refresh();
    goBackTo(earlier);
    here.refresh();
    clock.forward(Duration.ofMinutes(1));
    here.change(Change.because("mended").killed(false), null, "ops", "CHANGE", null);
    assertThat(here.rule().revision()).isLessThan(there.rule().revision());
    there.refresh();
    here.refresh();
    assertThat(List.of(here.rule().killed(), there.rule().killed())).containsOnly(false);
  }

  @Test
  void what_a_restore_has_brought_back_is_in_force() {
    Rule earlier = here.rule();
    percentage(2_000);
    there.refresh();
    goBackTo(earlier);
    here.refresh();
    there.refresh();
    assertThat(List.of(here.rule(), there.rule())).containsOnly(earlier);
    percentage(500);
    there.refresh();
    assertThat(there.rule().basisPoints()).isEqualTo(500);
  }

  @Test
  void what_has_not_changed_is_not_announced_again() {
    int before = announced.size();
    here.refresh();
    here.refresh();
    assertThat(announced).hasSize(before);
  }

  private void percentage(int points) {
    here.change(Change.because("more").basisPoints(points), null, "ops", "CHANGE", null);
  }

  /** As an older copy of the database would have it. */
  private void goBackTo(Rule earlier) {
    Audited entry =
        new Audited(
            0,
            NOON,
            "test",
            "RESTORE",
            null,
            null,
            "restored",
            null,
            null,
            ToggleTable.NO_HASH,
            null);
    long now = table.find(StoredRule.FEATURE).orElseThrow().revision();
    assertThat(table.replace(now, StoredRule.of(earlier), entry, AuditLog::sealed)).isTrue();
  }

  private ToggleStore node(List<Rule> told) {
    return new ToggleStore(table, clock, shop -> true, rule -> "{}", told::add);
  }
}
