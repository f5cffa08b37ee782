package dev.crossfade.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.crossfade.rollout.gate.Observations.Count;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.support.HandClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is counted of what clients do, and what is not. */
class ObservationsTest {

  private static final Duration WINDOW = Seen.WINDOW;
  private static final String PUBLIC = "203.0.113.9";
  private static final String PRIVATE = "10.1.2.3";

  private final HandClock clock = new HandClock(Instant.parse("2026-11-20T12:00:00Z"));
  private Rule rule = atPercent(2_000, 2);
  private long nanos;
  private final Observations observations = new Observations(() -> rule, clock, () -> nanos);
  private final Client treated = clientIn(Arm.TREATED);
  private final Client control = clientIn(Arm.CONTROL);

  @BeforeEach
  void both_were_authenticated() {
    identified(treated);
    identified(control);
  }

  @Test
  void an_observation_counts_at_once_and_a_good_one_that_turns_bad_is_moved_over() {
    observations.reported(treated, "proven", null, 100L, PUBLIC);
    observations.reported(treated, "proven", null, 100L, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    observations.delivered(treated, clock.instant());
    assertThat(count(Signal.LATE)).isEqualTo("0 bad, 1 good");
    observations.delivered(treated, clock.instant().minusSeconds(3));
    assertThat(count(Signal.LATE)).isEqualTo("1 bad, 0 good");
    clock.forward(WINDOW);
    observations.delivered(treated, clock.instant());
    assertThat(count(Signal.LATE)).as("bad for half an hour").isEqualTo("1 bad, 0 good");
    clock.forward(Duration.ofMinutes(30));
    observations.delivered(treated, clock.instant());
    assertThat(count(Signal.LATE)).as("another window").isEqualTo("1 bad, 1 good");
  }

  @Test
  void the_first_failures_of_a_fleet_do_not_stand_alone() {
    int failures = 0;
    int n = 0;
    for (int i = 0; n < 1_000; i++) {
      Client client = new Client("d" + i, "demo");
      if (Arm.of(rule, client) == Arm.TREATED) {
        identified(client);
        boolean fails = n++ % 200 == 0;
        failures += fails ? 1 : 0;
        observations.reported(client, fails ? "fallback" : "proven", null, 100L, PUBLIC);
      }
    }
    assertThat(count(Signal.HANDSHAKE)).isEqualTo(failures + " bad, " + (n - failures) + " good");
  }

  @Test
  void one_client_is_one_observation_however_often_it_fails_in_a_window() {
    for (int i = 0; i < 1_000; i++) {
      observations.reported(treated, "fallback", "timeout", null, PUBLIC);
      observations.reported(treated, "proven", null, 100L, PUBLIC);
    }
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void a_fallback_after_a_proof_is_no_failed_handshake() {
    observations.reported(treated, "proven", null, 100L, PUBLIC);
    observations.reported(treated, "fallback", "timeout", null, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    assertThat(count(Signal.FALLBACK)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void a_socket_that_broke_off_before_it_was_of_use_died_early() {
    observations.opened(treated);
    observations.closed(treated, Duration.ofSeconds(2), true, false);
    assertThat(count(Signal.EARLY_DEATH)).isEqualTo("1 bad, 0 good");
    assertThat(count(Signal.ABNORMAL_CLOSE)).isNull();
  }

  @Test
  void what_breaks_once_was_a_proxy_that_restarted_and_what_breaks_again_is_a_fault() {
    closedAfterUse(true);
    clock.forward(Duration.ofSeconds(30));
    closedAfterUse(true);
    assertThat(count(Signal.ABNORMAL_CLOSE)).as("the same event").isNull();
    clock.forward(Duration.ofMinutes(2));
    closedAfterUse(false);
    assertThat(count(Signal.ABNORMAL_CLOSE)).as("closed by somebody").isNull();
    closedAfterUse(true);
    assertThat(count(Signal.ABNORMAL_CLOSE)).isEqualTo("1 bad, 0 good");
    for (int i = 0; i < 60; i++) {
      clock.forward(Duration.ofSeconds(2));
      closedAfterUse(true);
    }
    assertThat(count(Signal.ABNORMAL_CLOSE)).as("one phone").isEqualTo("1 bad, 0 good");
    clock.forward(Duration.ofHours(1));
    closedAfterUse(true);
    assertThat(count(Signal.ABNORMAL_CLOSE)).as("long after").isEqualTo("1 bad, 0 good");
  }

  private void closedAfterUse(boolean abnormal) {
    observations.closed(treated, Duration.ofSeconds(200), abnormal, true);
  }

  @Test
  void after_a_stall_of_this_node_nothing_is_held_against_websocket() {
    observations.look();
    nanos += Duration.ofSeconds(40).toNanos();
    observations.reported(treated, "fallback", null, null, PUBLIC);
    lookAfter(Duration.ZERO);
    lookAfter(Duration.ofSeconds(50));
    observations.reported(treated, "fallback", null, null, PUBLIC);
    observations.reported(treated, "proven", null, 9L, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).isNull();
    lookAfter(Duration.ofSeconds(10));
    observations.reported(treated, "fallback", null, null, PUBLIC);
    assertThat(count(Signal.FALLBACK)).isEqualTo("1 bad, 0 good");
  }

  private void lookAfter(Duration time) {
    for (long left = time.toSeconds(); left > 0; left--) {
      nanos += Duration.ofSeconds(1).toNanos();
      observations.look();
    }
    observations.look();
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
    assertThat(count(Signal.LATE)).isNull();
    observations.delivered(treated, clock.instant().minusMillis(100));
    observations.delivered(control, clock.instant().minusMillis(2_100));
    assertThat(observations.counts())
        .filteredOn(count -> count.what().equals("late"))
        .extracting(Count::arm, Count::shop, Count::bad, Count::good, Count::clients)
        .containsExactlyInAnyOrder(
            tuple("treated", "demo", 0L, 1L, 0L), tuple("control", "demo", 1L, 0L, 1L));
  }

  @Test
  void who_is_in_neither_arm_or_on_a_list_is_not_counted() {
    List<Count> before = observations.counts();
    Client neither = clientIn(null);
    identified(neither);
    observations.reported(neither, "fallback", null, null, PUBLIC);
    assertThat(observations.counts()).containsExactlyInAnyOrderElementsOf(before);
    rule = atPercent(2_000, 2, Change.because("x").allow(null, Set.of("chosen")));
    identified(new Client("chosen", "demo"));
    identified(new Client(null, "demo"));
    assertThat(observations.counts()).containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void when_the_line_moves_it_begins_anew_and_what_is_proven_stays_so() {
    observations.reported(treated, "proven", null, 10L, PUBLIC);
    rule = atPercent(3_000, 5);
    observations.sweep();
    assertThat(observations.counts()).isEmpty();
    assertThat(observations.assignment()).isEqualTo(5);
    identified(treated);
    identified(treated);
    assertThat(find(Observations.HEARD).good()).as("different clients").isEqualTo(1);
    observations.reported(treated, "fallback", null, null, PUBLIC);
    assertThat(count(Signal.FALLBACK)).isEqualTo("1 bad, 0 good");
    assertThat(count(Signal.HANDSHAKE)).isNull();
  }

  @Test
  void a_report_without_a_shop_is_of_the_shop_in_which_the_client_was_seen() {
    rule = atPercent(3_000, 5);
    observations.reported(new Client(treated.clientId(), null), "fallback", null, null, PUBLIC);
    assertThat(find(Signal.HANDSHAKE.text()).shop()).isEqualTo("demo");
  }

  // ---- evidence that cannot be forged

  @Test
  void ten_thousand_invented_ids_count_nothing_and_fill_nothing() {
    List<Count> before = observations.counts();
    for (int i = 0; i < 10_000; i++) {
      Client invented = new Client("invented-" + i, "shop-" + i);
      String address = "2001:db8:" + Integer.toHexString(i % 40) + "::" + Integer.toHexString(i);
      observations.asked(invented, address);
      observations.reported(invented, "fallback", "gap", null, address);
    }
    assertThat(observations.counts()).containsExactlyInAnyOrderElementsOf(before);
    assertThat(observations.strangers()).isLessThanOrEqualTo(40 * Strangers.MAX_PER_NETWORK);
    // A real one is heard all the same.
    Client late = another("late-");
    observations.reported(late, "fallback", "timeout", null, "198.51.100.7");
    identified(late);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void what_a_client_reports_before_it_is_authenticated_counts_if_it_soon_is() {
    Client early = another("early-");
    observations.reported(early, "proven", null, 80L, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).isNull();
    identified(early);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    Client never = another("never-");
    observations.reported(never, "fallback", null, null, PUBLIC);
    clock.forward(WINDOW);
    identified(never);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
  }

  @Test
  void a_client_that_was_not_authenticated_lately_has_to_be_so_again() {
    clock.forward(WINDOW);
    observations.reported(treated, "fallback", null, null, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).isNull();
    identified(treated);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void one_user_is_two_clients_at_most_and_one_network_eight() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < 100; i++) {
      observations.identified(new Client("tab-" + i, "demo"), "one user", PRIVATE);
    }
    assertThat(find(Observations.HEARD).good()).isEqualTo(Panel.MAX_PER_USER);
    for (int i = 0; i < 100; i++) {
      Client client = new Client("net-" + i, "demo");
      observations.identified(client, "user-" + i, "203.0.113." + i);
      observations.reported(client, "fallback", "gap", null, "203.0.113." + i);
    }
    long network = Panel.MAX_PER_NETWORK;
    assertThat(find(Observations.HEARD).good()).isEqualTo(Panel.MAX_PER_USER + network);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo(network + " bad, 0 good");
    assertThat(count(Signal.GAP)).isEqualTo(Panel.MAX_GAPS_PER_NETWORK + " bad, 0 good");
    clock.forward(Duration.ofMinutes(Recent.LONGEST));
    observations.identified(new Client("net-99", "demo"), "user-99", "203.0.113.99");
    assertThat(find(Observations.HEARD).good()).isEqualTo(Panel.MAX_PER_USER + network + 1);
  }

  @Test
  void a_full_panel_keeps_whom_it_knows_and_takes_another_for_one_who_is_long_away() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < Panel.MAX_CLIENTS + 10; i++) {
      observations.identified(new Client("n" + i, "demo"), "u" + i, PRIVATE);
    }
    long heard = find(Observations.HEARD).good();
    assertThat(heard).isEqualTo(Panel.MAX_CLIENTS - 2L);
    observations.identified(new Client("n0", "demo"), "u0", PRIVATE);
    assertThat(find(Observations.HEARD).good()).as("known already").isEqualTo(heard);
    clock.forward(Duration.ofMinutes(Recent.LONGEST));
    observations.identified(new Client("newcomer", "demo"), "new", PRIVATE);
    assertThat(find(Observations.HEARD).good()).isEqualTo(heard + 1);
  }

  @Test
  void who_is_behind_a_private_address_is_not_bounded() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < 100; i++) {
      observations.identified(new Client("intranet-" + i, "demo"), "user-" + i, PRIVATE);
    }
    assertThat(find(Observations.HEARD).good()).isEqualTo(100);
  }

  @Test
  void with_a_cohort_reports_count_although_they_name_no_version() {
    rule = atPercent(10_000, 3, Change.because("x").cohort("version>=2;platform=web"));
    Client client = new Client("new", "demo", "2.1", "web");
    observations.asked(client, PUBLIC);
    identified(new Client("new", "demo"));
    observations.reported(new Client("new", "demo"), "proven", null, 10L, PUBLIC);
    observations.opened(new Client("new", "demo"));
    identified(client);
    assertThat(find(Observations.HEARD).good()).as("one client").isEqualTo(1);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
    observations.reported(new Client("new", "demo"), "fallback", null, null, PUBLIC);
    assertThat(count(Signal.FALLBACK)).as("it was proven").isEqualTo("1 bad, 0 good");
  }

  @Test
  void a_kill_or_a_list_changes_who_counts_at_once() {
    rule = atPercent(10_000, 3);
    identified(treated);
    long assignment = observations.assignment();
    rule = rule.change(Change.because("x").killed(true), 4, "ops", Instant.EPOCH);
    Client later = new Client("later", "demo");
    identified(later);
    observations.reported(treated, "fallback", null, null, PUBLIC);
    assertThat(count(Signal.HANDSHAKE)).as("killed").isNull();
    rule = rule.change(Change.because("x").killed(false), 5, "ops", Instant.EPOCH);
    identified(later);
    observations.reported(later, "fallback", null, null, PUBLIC);
    assertThat(observations.assignment()).isEqualTo(assignment);
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("1 bad, 0 good");
  }

  @Test
  void who_is_in_neither_arm_takes_nobodys_place() {
    for (int i = 0; i < 1_000; i++) {
      Client client = new Client("any-" + i, "demo");
      if (Arm.of(rule, client) == null) {
        observations.identified(client, "user-" + i, "203.0.113.1");
      }
    }
    Client ours = another("ours-");
    observations.identified(ours, "ours", "203.0.113.1");
    observations.reported(ours, "proven", null, 9L, "203.0.113.1");
    assertThat(count(Signal.HANDSHAKE)).isEqualTo("0 bad, 1 good");
  }

  @Test
  void one_id_in_two_shops_is_two_clients() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < 10; i++) {
      observations.identified(new Client("same", "anna"), "a", PRIVATE);
      observations.identified(new Client("same", "bert"), "b", PRIVATE);
    }
    assertThat(observations.counts())
        .filteredOn(count -> count.what().equals(Observations.HEARD))
        .extracting(Count::shop, Count::good)
        .contains(tuple("anna", 1L), tuple("bert", 1L));
  }

  @Test
  void the_latest_are_counted_by_minutes_and_forgotten() {
    observations.reported(treated, "proven", null, 10L, PUBLIC);
    clock.forward(Duration.ofMinutes(1));
    observations.reported(treated, "fallback", null, null, PUBLIC);
    assertThat(find(Signal.FALLBACK.text()).recent().windows())
        .containsExactly(new Recent.Window(1, 0), new Recent.Window(1, 0), new Recent.Window(1, 0));
    clock.forward(Duration.ofMinutes(2));
    assertThat(find(Signal.FALLBACK.text()).recent().windows())
        .containsExactly(new Recent.Window(0, 0), new Recent.Window(1, 0), new Recent.Window(1, 0));
    clock.forward(Duration.ofMinutes(30));
    assertThat(find(Signal.FALLBACK.text()).recent()).isEqualTo(Recent.NONE);
    assertThat(find(Signal.FALLBACK.text()).bad()).isEqualTo(1);
  }

  @Test
  void shops_beyond_the_bound_are_counted_together() {
    rule = atPercent(10_000, 3);
    for (int i = 0; i < Tallies.MAX_SHOPS + 50; i++) {
      observations.identified(new Client("s" + i, "shop-" + i), "u" + i, PRIVATE);
    }
    assertThat(observations.counts()).hasSize(Tallies.MAX_SHOPS + 1);
    assertThat(observations.counts())
        .filteredOn(count -> count.shop().equals(Tallies.OTHER_SHOPS))
        .singleElement()
        .extracting(Count::good)
        .isEqualTo(50L);
  }

  private void identified(Client client) {
    observations.identified(client, "user of " + client.clientId(), PRIVATE);
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

  /** A client that WebSocket is chosen for. */
  private Client another(String prefix) {
    int i = 0;
    while (Arm.of(rule, new Client(prefix + i, "demo")) != Arm.TREATED) {
      i++;
    }
    return new Client(prefix + i, "demo");
  }

  private static Rule atPercent(int basisPoints, long revision) {
    return atPercent(basisPoints, revision, Change.because("x"));
  }

  private static Rule atPercent(int basisPoints, long revision, Change change) {
    return Rule.first(Instant.EPOCH)
        .change(change.basisPoints(basisPoints), revision, "ops", Instant.EPOCH);
  }
}
