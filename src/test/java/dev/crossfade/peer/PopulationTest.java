package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.Caller;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Role;
import dev.crossfade.model.Transport;
import dev.crossfade.support.Stored;
import dev.crossfade.wire.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everybody on one node: how many there may be, who takes over, who moves, and how they leave. */
class PopulationTest {

  @TempDir static Path folder;
  private static Stored stored;
  private Node node;

  @BeforeAll
  static void openStore() {
    stored = new Stored(folder);
  }

  @AfterAll
  static void closeStore() {
    stored.close();
  }

  @BeforeEach
  void open() {
    node = new Node(stored, folder);
  }

  @AfterEach
  void close() {
    node.close();
  }

  // ---- how many

  @Test
  void a_full_node_takes_no_more_streams_and_still_holds_requests() {
    node.population = node.population(2, 2);
    node.stranger();
    Line leaver = node.stranger();
    assertThatThrownBy(() -> node.population.requireStreamRoom("elsewhere"))
        .hasMessage("unavailable");
    node.population.requireHeldRoom(node.visitor("anna"), "elsewhere");
    leaver.peer.gone(false);
    node.population.requireStreamRoom("elsewhere");
  }

  @Test
  void a_node_that_runs_out_takes_no_new_visitors_and_keeps_who_is_there() {
    node.population.runningOut(true);
    assertThatThrownBy(() -> node.population.requireVisitorRoom()).hasMessage("unavailable");
    node.population.requireStreamRoom("elsewhere");
    node.population.requireHeldRoom(node.visitor("anna"), "elsewhere");
    node.population.runningOut(false);
    node.population.requireVisitorRoom();
  }

  @Test
  void what_clients_report_after_a_stall_of_this_node_is_not_held_against_websocket() {
    node.pass(Duration.ofSeconds(5));
    Line line = node.socket(node.visitor("anna"), "phone");
    node.standStill(Duration.ofSeconds(40));
    fallsBack(line);
    node.population.tick();
    fallsBack(line);
    assertThat(node.rollout.observations().counts()).noneMatch(count -> count.bad() > 0);
    node.pass(Duration.ofSeconds(70));
    Line late = node.socket(node.visitor("berta"), "laptop");
    fallsBack(late);
    assertThat(node.rollout.observations().counts()).anyMatch(count -> count.bad() > 0);
  }

  private void fallsBack(Line line) {
    node.rollout
        .observations()
        .reported(line.peer.client(), "fallback", "timeout", null, "203.0.113.9");
  }

  @Test
  void beyond_what_one_user_may_have_the_one_that_was_silent_for_longest_goes() {
    node.population = node.population(100, 2);
    Line first = node.socket(node.visitor("anna"), "a");
    node.pass(Duration.ofSeconds(1));
    Line second = node.socket(node.visitor("anna"), "b");
    node.pass(Duration.ofSeconds(1));
    first.peer.stirred();
    Line third = node.socket(node.visitor("anna"), "c");
    assertThat(second.closed).isEqualTo(CloseReason.TAKEN_OVER);
    assertThat(Stream.of(first, third).map(line -> line.closed)).containsOnlyNulls();
  }

  /** The page that comes back was counted twice, and an innocent connection closed for it. */
  @Test
  void who_has_as_many_as_it_may_loses_none_when_one_of_them_comes_back() {
    node.population = node.population(100, 3);
    List<Line> pages =
        IntStream.range(0, 3).mapToObj(page -> saying("anna", "page-" + page)).toList();
    Line back = saying("anna", "page-1");
    assertThat(pages.get(1).closed).isEqualTo(CloseReason.TAKEN_OVER);
    assertThat(Stream.of(pages.get(0), pages.get(2), back).map(line -> line.closed))
        .containsOnlyNulls();
  }

  @Test
  void answers_that_one_user_does_not_read_keep_further_requests_out() {
    node.population = node.population(100, 1);
    Caller anna = node.visitor("anna");
    for (int i = 0; i < 12; i++) {
      node.population.requireHeldRoom(anna, Line.ADDRESS);
      node.held(anna, "phone").peer.answered();
    }
    assertThatThrownBy(() -> node.population.requireHeldRoom(anna, Line.ADDRESS))
        .hasMessage("rate_limited");
    node.population.requireHeldRoom(node.visitor("berta"), Line.ADDRESS);
  }

  // ---- who takes over

  @Test
  void a_newer_connection_of_one_page_takes_over_from_the_older_one_and_from_nobody_else() {
    Line older = saying("anna", "page-1");
    Line otherPage = saying("anna", "page-2");
    Line otherUser = saying("berta", "page-1");
    Line poll = node.held(node.visitor("anna"), "phone");
    Line newer = saying("anna", "page-1");
    assertThat(older.closed).isEqualTo(CloseReason.TAKEN_OVER);
    assertThat(Stream.of(otherPage, otherUser, poll, newer).map(line -> line.closed))
        .containsOnlyNulls();
  }

  /** Each saw the other as older: both connections of one page were closed. */
  @Test
  void of_two_that_take_over_from_each_other_the_newer_stays() {
    Caller anna = node.visitor("anna");
    Line older = node.held(anna, "phone");
    Line newer = node.held(anna, "phone");
    Reader page = new Reader("page-1", 1);
    older.peer.identify(anna, "phone", page);
    newer.peer.identify(anna, "phone", page);
    node.population.supersede(older.peer);
    assertThat(newer.closed).isNull();
    node.population.supersede(newer.peer);
    assertThat(newer.closed).isNull();
    assertThat(older.closed).isEqualTo(CloseReason.TAKEN_OVER);
  }

  @Test
  void a_device_that_is_signed_out_is_ended_on_all_its_connections_and_no_other() {
    Line socket = node.socket(node.visitor("anna"), "phone");
    Line poll = node.held(node.visitor("anna"), "phone");
    Line tablet = node.socket(node.visitor("anna"), "tablet");
    Line stranger = node.socket(node.visitor("berta"), "phone");
    node.population.signOut(node.visitor("anna"), "phone");
    assertThat(socket.closed).isEqualTo(CloseReason.SIGNED_OUT);
    assertThat(poll.closed).isEqualTo(CloseReason.SIGNED_OUT);
    assertThat(Stream.of(tablet, stranger).map(line -> line.closed)).containsOnlyNulls();
  }

  @Test
  void whose_tokens_were_revoked_is_ended_and_nobody_else() {
    Line eve = node.socket(node.visitor("eve"), "phone");
    Line berta = node.socket(node.visitor("berta"), "phone");
    node.standStill(Duration.ofSeconds(2));
    node.revocations.watch(node.population::expel);
    node.revocations.revoke(Node.SHOP, "eve", null, "stolen", "ops");
    assertThat(eve.closed).isEqualTo(CloseReason.EXPIRED);
    assertThat(berta.closed).isNull();
  }

  // ---- who moves

  @Test
  void a_lowered_percentage_moves_whom_it_leaves_out_and_closes_who_stays() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.share(0);
    Reply.Change told = line.heard(Reply.Change.class).get(0);
    assertThat(told.use()).isEqualTo(Transport.POLLING);
    assertThat(told.withinMs()).isEqualTo(10_000);
    node.pass(Duration.ofSeconds(20));
    assertThat(line.closed).as("its time and the grace period").isNull();
    node.pass(Duration.ofSeconds(11));
    assertThat(line.closed).isEqualTo(CloseReason.USE_POLLING);
  }

  /** It renewed its token between the change and the look at all peers, and was never told. */
  @Test
  void a_change_is_told_also_to_who_renews_its_token_meanwhile() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.shareUntold(0);
    line.says("anna", Role.VISITOR, "phone", null);
    assertThat(line.heard(Reply.Change.class).stream().map(Reply.Change::use))
        .containsExactly(Transport.POLLING);
  }

  @Test
  void who_is_told_to_come_back_in_time_is_not_closed() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.share(0);
    node.pass(Duration.ofSeconds(9));
    node.share(10_000);
    node.pass(Duration.ofSeconds(50));
    assertThat(line.heard(Reply.Change.class).stream().map(Reply.Change::use))
        .containsExactly(Transport.POLLING, Transport.WEBSOCKET);
    assertThat(line.closed).isNull();
  }

  @Test
  void a_change_that_moves_nobody_tells_nobody() {
    Line line = node.socket(node.visitor("anna"), "phone");
    Line poll = node.held(node.visitor("berta"), "tablet");
    node.share(10_000);
    node.pass(Duration.ofSeconds(20));
    assertThat(line.heard(Reply.Change.class)).isEmpty();
    assertThat(poll.closed).isNull();
  }

  /** It may know no other way; ops see it as a connection that stays. */
  @Test
  void who_named_no_client_stays_when_the_percentage_is_lowered_and_goes_when_it_is_killed() {
    Line line = node.socket(node.visitor("anna"), null);
    node.share(0);
    node.pass(Duration.ofSeconds(40));
    assertThat(line.closed).isNull();
    node.kill();
    node.pass(Pace.KILLED_WITHIN.plus(Pace.LOOK_EVERY));
    assertThat(line.closed).isEqualTo(CloseReason.USE_POLLING);
  }

  @Test
  void a_kill_ends_every_websocket_within_fifteen_seconds() {
    List<Line> lines =
        IntStream.range(0, 20).mapToObj(i -> node.socket(node.visitor("v" + i), "c" + i)).toList();
    Line poll = node.held(node.visitor("poller"), "p");
    node.kill();
    node.pass(Duration.ofSeconds(10));
    assertThat(lines).as("the time they are told").allMatch(line -> line.closed == null);
    node.pass(Duration.ofSeconds(6));
    assertThat(lines).allMatch(line -> line.closed == CloseReason.USE_POLLING);
    assertThat(lines).allMatch(line -> line.heard(Reply.Change.class).size() == 1);
    assertThat(poll.closed).isEqualTo(CloseReason.USE_POLLING);
  }

  @Test
  void a_kill_that_is_taken_back_in_time_closes_nobody() {
    Line line = node.socket(node.visitor("anna"), "phone");
    Line nameless = node.socket(node.visitor("berta"), null);
    node.kill();
    node.share(10_000);
    node.pass(Duration.ofSeconds(40));
    assertThat(Stream.of(line, nameless).map(one -> one.closed)).containsOnlyNulls();
  }

  /** Its handshake was let in just before. */
  @Test
  void a_websocket_that_comes_after_the_kill_goes_like_the_others() {
    node.kill();
    Line late = node.stranger();
    node.pass(Duration.ofSeconds(1));
    late.says("anna", Role.VISITOR, null, null);
    node.pass(Pace.KILLED_WITHIN);
    assertThat(late.closed).isEqualTo(CloseReason.USE_POLLING);
  }

  @Test
  void held_requests_of_those_who_move_are_answered_early_one_after_the_other() {
    node.share(0);
    List<Line> lines =
        IntStream.range(0, 20).mapToObj(i -> node.held(node.visitor("v" + i), "c" + i)).toList();
    node.share(10_000);
    node.pass(Duration.ofSeconds(2));
    assertThat(lines).anyMatch(line -> line.closed == null).anyMatch(line -> line.closed != null);
    node.pass(Duration.ofSeconds(7));
    assertThat(lines).allMatch(line -> line.closed == CloseReason.USE_POLLING);
  }

  // ---- how they leave

  @Test
  void a_draining_node_sends_its_streams_away_and_each_hears_when_to_come_back() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.population.dismissal().drain();
    assertThatThrownBy(() -> node.population.requireStreamRoom("elsewhere"))
        .hasMessage("unavailable");
    node.pass(Duration.ofSeconds(30));
    assertThat(line.closed).as("only those who ask are turned away").isNull();
    Line late = node.held(node.visitor("berta"), "phone");
    node.population.dismissal().dismiss();
    node.pass(Duration.ofSeconds(1));
    assertThat(line.closed).isEqualTo(CloseReason.RESTART);
    assertThat(line.heard(Reply.Draining.class).get(0).reconnectInMs())
        .isBetween(0L, Pace.DRAINED_COME_BACK_WITHIN.toMillis());
    assertThat(late.closed).as("it is held for a moment only").isNull();
  }

  @Test
  void a_node_that_stops_answers_held_requests_at_once() {
    Line poll = node.held(node.visitor("anna"), "phone");
    node.population.dismissal().stop();
    assertThat(poll.closed).isEqualTo(CloseReason.RESTART);
    assertThatThrownBy(() -> node.population.requireHeldRoom(node.visitor("anna"), Line.ADDRESS))
        .hasMessage("unavailable");
  }

  /** It was let in before the end began, and its socket opened after it. */
  @Test
  void who_comes_after_the_end_began_goes_too() {
    node.population.dismissal().drain();
    node.population.dismissal().dismiss();
    Line late = node.stranger();
    node.pass(Pace.LOOK_EVERY);
    assertThat(late.closed).isEqualTo(CloseReason.RESTART);
  }

  @Test
  void a_kill_during_a_drain_that_is_taken_back_does_not_end_the_drain() {
    List<Line> lines =
        IntStream.range(0, 100).mapToObj(i -> node.socket(node.visitor("v" + i), null)).toList();
    node.population.dismissal().drain();
    node.population.dismissal().dismiss();
    node.kill();
    node.share(10_000);
    node.pass(Duration.ofSeconds(1));
    assertThat(lines).allMatch(line -> line.closed == CloseReason.RESTART);
  }

  @Test
  void one_deadline_that_fails_keeps_nobody_elses() {
    Line failing = node.socket(node.visitor("anna"), "phone");
    failing.failing = true;
    Line stranger = node.stranger();
    node.population.dismissal().drain();
    node.population.dismissal().dismiss();
    node.pass(Duration.ofSeconds(1));
    assertThat(stranger.closed).isEqualTo(CloseReason.RESTART);
  }

  private Line saying(String user, String instance) {
    Line line = node.stranger();
    line.says(user, Role.VISITOR, "phone", instance);
    return line;
  }
}
