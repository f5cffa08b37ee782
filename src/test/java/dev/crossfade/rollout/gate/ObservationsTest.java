package dev.crossfade.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.gate.Observations.Count;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is counted of what clients do, and what is not. */
class ObservationsTest {

  private static final Duration WINDOW = Seen.WINDOW;

  private final Hand clock = new Hand();
  private Rule rule = atPercent(2_000, 2);
  private final Observations observations = new Observations(() -> rule, clock);
  private final Client treated = clientIn(Arm.TREATED);
  private final Client control = clientIn(Arm.CONTROL);

  @Test
  void an_observation_counts_at_once_and_a_good_one_that_turns_bad_is_moved_over() {
    observations.reported(treated, "proven", null, 100L);
    observations.reported(treated, "proven", null, 100L);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    observations.delivered(treated, clock.instant());
    assertThat(count(Signal.LATE)).isEqualTo("0 bad, 1 good");
    observations.delivered(treated, clock.instant().minusSeconds(3));
    assertThat(count(Signal.LATE)).isEqualTo("1 bad, 0 good");
    clock.forward(WINDOW);
    observations.delivered(treated, clock.instant());
    assertThat(count(Signal.LATE)).as("another window").isEqualTo("1 bad, 1 good");
  }

  @Test
  void the_first_failures_of_a_fleet_do_not_stand_alone() {
    int failures = 0;
    int n = 0;
    for (int i = 0; n < 1_000; i++) {
      Client client = new Client("c" + i, "demo");
      if (Arm.of(rule, client) == Arm.TREATED) {
        boolean fails = n++ % 200 == 0;
        failures += fails ? 1 : 0;
        observations.reported(client, fails ? "fallback" : "proven", null, 100L);
      }
    }
    assertThat(count(Signal.HANDSHAKE)).isEqualTo(failures + " bad, " + (n - failures) + " good");
  }

  @Test
  void one_client_is_one_observation_however_often_it_fails_in_a_window() {
    for (int i = 0; i < 1_000; i++) {
      observations.reported(treated, "fallback", "timeout", null);
      observations.reported(treated, "proven", null, 100L);
    }
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void a_fallback_after_a_proof_is_no_failed_handshake() {
    observations.reported(treated, "proven", null, 100L);
    observations.reported(treated, "fallback", "timeout", null);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    assertThat(count(Signal.FALLBACK)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void a_socket_that_broke_off_before_it_was_of_use_died_early_and_later_it_broke_off() {
    observations.opened(treated);
    observations.closed(treated, Duration.ofSeconds(2), true, false);
    assertThat(count(Signal.EARLY_DEATH)).isEqualTo("1 bad, 0 good");
    assertThat(count(Signal.ABNORMAL_CLOSE)).isNull();
    observations.closed(treated, Duration.ofSeconds(200), true, true);
    assertThat(count(Signal.ABNORMAL_CLOSE)).isEqualTo("1 bad, 0 good");
    observations.closed(treated, Duration.ofSeconds(200), false, true);
    assertThat(count(Signal.ABNORMAL_CLOSE)).as("closed by somebody").isEqualTo("1 bad, 0 good");
  }

  @Test
  void hours_of_connection_are_counted_in_as_they_pass_and_a_jump_of_the_clock_is_no_year() {
    observations.open(List.of(treated));
    clock.forward(Duration.ofSeconds(5));
    observations.open(List.of(treated));
    clock.forward(Duration.ofDays(365));
    observations.open(List.of(treated));
    assertThat(find(Signal.ABNORMAL_CLOSE.text()).good()).isLessThanOrEqualTo(120 + 5 + 120);
  }

  @Test
  void flapping_is_more_new_sockets_in_a_window_than_a_bad_day_explains() {
    for (int i = 0; i < Observations.FLAPPING; i++) {
      observations.opened(treated);
    }
    assertThat(count(Signal.FLAPPING)).isNull();
    observations.opened(treated);
    assertThat(count(Signal.FLAPPING)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void late_is_what_somebody_waited_for_and_not_yesterdays_history() {
    observations.delivered(treated, clock.instant().minusSeconds(86_400));
    assertThat(observations.counts()).isEmpty();
    observations.delivered(treated, clock.instant().minusMillis(100));
    observations.delivered(control, clock.instant().minusMillis(2_100));
    assertThat(observations.counts())
        .containsExactlyInAnyOrder(
            new Count("late", "treated", "demo", 0, 1, 0),
            new Count("late", "control", "demo", 1, 0, 1));
  }

  @Test
  void who_is_in_neither_arm_or_on_a_list_is_not_counted() {
    Client neither = clientIn(null);
    observations.asked(neither);
    observations.reported(neither, "fallback", null, null);
    rule = atPercent(2_000, 2, Change.because("x").allow(null, java.util.Set.of("chosen")));
    observations.asked(new Client("chosen", "demo"));
    observations.asked(new Client(null, "demo"));
    assertThat(observations.counts()).isEmpty();
  }

  @Test
  void when_the_line_moves_it_begins_anew() {
    observations.asked(treated);
    observations.reported(treated, "fallback", null, null);
    assertThat(observations.counts()).isNotEmpty();
    rule = atPercent(3_000, 5);
    observations.sweep();
    assertThat(observations.counts()).isEmpty();
    assertThat(observations.assignment()).isEqualTo(5);
    observations.asked(treated);
    observations.asked(treated);
    assertThat(find(Observations.HEARD).good()).as("different clients").isEqualTo(1);
  }

  @Test
  void a_report_without_a_shop_is_of_the_shop_that_the_client_asked_for() {
    observations.asked(treated);
    rule = atPercent(3_000, 5);
    observations.reported(new Client(treated.clientId(), null), "fallback", null, null);
    assertThat(find(Signal.HANDSHAKE.text()).shop()).isEqualTo("demo");
  }

  @Test
  void shops_beyond_the_bound_are_counted_together() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < Tallies.MAX_SHOPS + 50; i++) {
      observations.asked(new Client("c" + i, "shop-" + i));
    }
    assertThat(observations.counts()).hasSize(Tallies.MAX_SHOPS + 1);
    assertThat(observations.counts())
        .filteredOn(count -> count.shop().equals(Tallies.OTHER_SHOPS))
        .singleElement()
        .extracting(Count::good)
        .isEqualTo(50L);
  }

  private String count(Signal signal) {
    Count count = find(signal.text());
    return count == null ? null : count.bad() + " bad, " + count.good() + " good";
  }

  private Count find(String what) {
    List<Count> found =
        observations.counts().stream()
            .filter(count -> count.what().equals(what))
            .filter(count -> count.bad() + count.good() > 0 || count.arm().equals("treated"))
            .toList();
    return found.isEmpty() ? null : found.get(0);
  }

  private Client clientIn(Arm arm) {
    int i = 0;
    while (Arm.of(rule, new Client("c" + i, "demo")) != arm) {
      i++;
    }
    return new Client("c" + i, "demo");
  }

  private Client another(Client client) {
    int i = 0;
    while (new Client("c" + i, "demo").equals(client)
        || Arm.of(rule, new Client("c" + i, "demo")) != Arm.TREATED) {
      i++;
    }
    return new Client("c" + i, "demo");
  }

  private static Rule atPercent(int basisPoints, long revision) {
    return atPercent(basisPoints, revision, Change.because("x"));
  }

  private static Rule atPercent(int basisPoints, long revision, Change change) {
    return Rule.first(Instant.EPOCH)
        .change(change.basisPoints(basisPoints), revision, "ops", Instant.EPOCH);
  }

  /** A clock that is moved by hand. */
  private static final class Hand extends Clock {
    private Instant now = Instant.parse("2026-11-20T12:00:00Z");

    void forward(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
