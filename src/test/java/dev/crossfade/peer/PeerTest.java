package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.support.Stored;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.Reply;
import dev.crossfade.wire.Said;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One caller's conversation with the server, from its first word to its end. */
class PeerTest {

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

  // ---- who it is

  @Test
  void an_identity_that_the_visit_carried_stands_from_the_first_word() {
    Line line = node.socket(node.visitor("anna"), "phone");
    assertThat(line.heard).hasSize(1).first().isInstanceOf(Reply.Connected.class);
    assertThat(node.presence.connected(line.peer.caller(), "phone")).isTrue();
    node.pass(Duration.ofSeconds(20));
    assertThat(line.closed).isNull();
  }

  @Test
  void whoever_does_not_say_who_it_is_goes_after_five_seconds() {
    Line line = node.stranger();
    node.pass(Duration.ofSeconds(5));
    assertThat(line.closed).isNull();
    node.pass(Pace.LOOK_EVERY);
    assertThat(refusals(line)).containsExactly(Problem.NOT_AUTHENTICATED);
    assertThat(line.closed).isEqualTo(CloseReason.NO_IDENTITY);
  }

  @Test
  void that_holds_for_one_that_is_to_go_later_too() {
    node.kill();
    Line line = node.stranger();
    node.pass(Duration.ofSeconds(6));
    assertThat(line.closed).isIn(CloseReason.NO_IDENTITY, CloseReason.USE_POLLING);
    assertThat(refusals(line).isEmpty()).isEqualTo(line.closed == CloseReason.USE_POLLING);
  }

  @Test
  void a_stranger_may_ask_for_nothing_and_say_who_it_is_after_that() {
    Line line = node.stranger();
    line.says(new Frame.Typing(1, true));
    assertThat(refusals(line)).containsExactly(Problem.NOT_AUTHENTICATED);
    line.says("anna", Role.VISITOR, "phone", null);
    assertThat(line.heard(Reply.Authenticated.class)).hasSize(1);
    assertThat(line.closed).isNull();
  }

  @Test
  void a_wrong_token_ends_it() {
    Line line = node.stranger();
    line.says(new Frame.Auth("not.a.token", null, null, null, null, null));
    assertThat(line.closed).isEqualTo(CloseReason.NO_IDENTITY);
    assertThat(node.comingAndGoing).isEmpty();
  }

  @Test
  void it_cannot_become_somebody_else() {
    Line line = node.socket(node.visitor("anna"), "phone");
    line.says("berta", Role.VISITOR, "phone", null);
    assertThat(line.closed).isEqualTo(CloseReason.NOT_ALLOWED);
    assertThat(line.peer.caller().userId()).isEqualTo("anna");
  }

  @Test
  void a_renewed_token_counts_from_then_on_and_nobody_hears_of_it() {
    Line line =
        node.socket(node.token("anna", Role.VISITOR, Duration.ofMinutes(2)).caller(), "phone");
    line.says("anna", Role.VISITOR, "tablet", null);
    sign(line, Duration.ofMinutes(3));
    assertThat(line.closed).isNull();
    assertThat(node.comingAndGoing).as("anna came, and never left").hasSize(1);
    assertThat(node.presence.connected(line.peer.caller(), "phone")).isFalse();
    assertThat(node.presence.connected(line.peer.caller(), "tablet")).isTrue();
  }

  @Test
  void an_identity_ends_with_its_token() {
    Line line =
        node.socket(node.token("anna", Role.VISITOR, Duration.ofMinutes(2)).caller(), "phone");
    sign(line, Duration.ofSeconds(119));
    assertThat(line.closed).isNull();
    sign(line, Duration.ofSeconds(2));
    assertThat(line.closed).isEqualTo(CloseReason.EXPIRED);
  }

  @Test
  void a_token_that_was_revoked_while_it_was_let_in_does_not_let_it_stay() {
    var revoked = node.visitor("eve");
    node.standStill(Duration.ofSeconds(2));
    node.revocations.revoke(Node.SHOP, "eve", null, "stolen", "ops");
    Line line = node.socket(revoked, "phone");
    assertThat(line.closed).isEqualTo(CloseReason.EXPIRED);
  }

  /** Its identity came when the carrier had lost it already: it stayed online for good. */
  @Test
  void who_is_gone_cannot_come_back_as_a_ghost() {
    Line line = node.stranger();
    line.peer.gone(true);
    assertThat(line.peer.identify(node.visitor("anna"), "phone", null)).isFalse();
    assertThat(node.presence.online(Node.SHOP)).isEmpty();
    assertThat(node.population.streams()).isZero();
  }

  @Test
  void its_end_is_counted_once() {
    Line line = node.socket(node.visitor("anna"), "phone");
    Line other = node.socket(node.visitor("anna"), "tablet");
    line.peer.gone(false);
    line.peer.gone(true);
    assertThat(node.population.streams()).isEqualTo(1);
    assertThat(node.presence.online(Node.SHOP)).hasSize(1);
    other.peer.gone(false);
    assertThat(node.presence.online(Node.SHOP)).isEmpty();
  }

  // ---- its end

  @Test
  void the_first_reason_stands_and_nothing_is_heard_after_it() {
    Line line = node.socket(node.visitor("anna"), "phone");
    line.peer.close(CloseReason.SIGNED_OUT);
    line.peer.close(CloseReason.RESTART);
    line.says(new Frame.Ping());
    assertThat(line.closed).isEqualTo(CloseReason.SIGNED_OUT);
    assertThat(line.heard(Reply.Pong.class)).isEmpty();
  }

  /**
   * A reader of a frame now and then kept its place, and was told what waited, for half an hour.
   */
  @Test
  void who_is_still_here_ten_seconds_after_its_end_is_cut_off() {
    Line line = node.socket(node.visitor("anna"), "phone");
    line.peer.close(CloseReason.TAKEN_OVER);
    sign(line, Pace.CLOSED_WITHIN);
    assertThat(line.aborted).isNull();
    sign(line, Duration.ofSeconds(1));
    assertThat(line.aborted).isEqualTo(CloseReason.TAKEN_OVER);
  }

  @Test
  void a_revocation_reaches_also_who_is_being_closed() {
    Line line = node.socket(node.visitor("anna"), "phone");
    line.peer.close(CloseReason.NOT_TEXT);
    line.peer.close(CloseReason.TAKEN_OVER);
    assertThat(line.aborted).isNull();
    line.peer.close(CloseReason.EXPIRED);
    assertThat(line.aborted).isEqualTo(CloseReason.EXPIRED);
  }

  @Test
  void ten_malformed_frames_within_a_minute_end_it() {
    Line line = node.socket(node.visitor("anna"), "phone");
    malformed(line, FrameHandler.MAX_BAD_FRAMES - 1);
    sign(line, Duration.ofSeconds(61));
    malformed(line, FrameHandler.MAX_BAD_FRAMES - 1);
    assertThat(line.closed).isNull();
    malformed(line, 1);
    assertThat(line.closed).isEqualTo(CloseReason.BAD_FRAMES);
  }

  @Test
  void a_flood_ends_it_be_it_of_frames_or_of_answers_to_pings() {
    Line frames = node.socket(node.visitor("anna"), "phone");
    for (int i = 0; i < Node.FRAMES; i++) {
      frames.says(new Frame.Ping());
    }
    assertThat(frames.closed).isNull();
    frames.says(new Frame.Ping());
    assertThat(frames.closed).isEqualTo(CloseReason.TOO_MANY);
    assertThat(frames.heard(Reply.Pong.class)).hasSize(Node.FRAMES);

    Line knocks = node.stranger();
    for (int i = 0; i <= Node.FRAMES; i++) {
      knocks.peer.knocked();
    }
    assertThat(knocks.closed).isEqualTo(CloseReason.TOO_MANY);
  }

  // ---- silence

  @Test
  void a_client_that_answers_no_ping_is_cut_off_after_a_minute() {
    Line line = node.socket(node.visitor("anna"), "phone");
    for (int second = 0; second < 59; second++) {
      pingIfDue(line);
    }
    assertThat(line.aborted).isNull();
    for (int second = 59; second < 75; second++) {
      pingIfDue(line);
    }
    assertThat(line.aborted).isEqualTo(CloseReason.SILENT);
  }

  /** What piled up before the ping was still being written: the client never saw one. */
  @Test
  void a_client_whose_ping_was_never_written_is_not_judged() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.pass(Duration.ofMinutes(5));
    assertThat(line.heard(Reply.Heartbeat.class)).hasSizeBetween(11, 15);
    assertThat(line.aborted).isNull();
  }

  @Test
  void after_the_node_itself_stood_still_nobody_is_judged_before_there_was_time_to_answer() {
    Line line = node.socket(node.visitor("anna"), "phone");
    node.pass(Duration.ofSeconds(25));
    line.peer.pinged();
    node.standStill(Duration.ofSeconds(50));
    node.pass(Pace.LOOK_EVERY);
    assertThat(line.aborted).as("its answer may wait to be read").isNull();
    node.pass(Pace.ANSWER_WITHIN);
    assertThat(line.aborted).isEqualTo(CloseReason.SILENT);
  }

  // ---- what it joins

  @Test
  void what_finds_no_room_comes_when_there_is_room_again() {
    long conversation = node.stored.conversation();
    node.stored.commit(conversation);
    Line line = node.socket(node.agent("bob"), "desk");
    line.room = false;
    line.says(new Frame.Join(conversation, 0L, null));
    node.delivery.run();
    assertThat(line.heard(Reply.Joined.class)).hasSize(1);
    assertThat(line.heard(Reply.Messages.class)).isEmpty();
    line.room = true;
    line.peer.roomAgain();
    node.delivery.run();
    assertThat(line.heard(Reply.Messages.class)).hasSize(1);
  }

  /** The place has moved on: only a client that comes back and names its own loses nothing. */
  @Test
  void a_batch_that_could_not_be_written_ends_it() {
    long conversation = node.stored.conversation();
    node.stored.commit(conversation);
    Line line = node.socket(node.agent("bob"), "desk");
    line.broken = true;
    line.says(new Frame.Join(conversation, 0L, null));
    node.delivery.run();
    assertThat(line.closed).isEqualTo(CloseReason.WRITE_FAILED);
  }

  @Test
  void what_it_left_is_not_heard_any_more() {
    long conversation = node.stored.conversation();
    Line line = node.socket(node.agent("bob"), "desk");
    line.says(new Frame.Join(conversation, null, null));
    line.says(new Frame.Leave(null));
    assertThat(line.heard(Reply.Left.class)).containsExactly(new Reply.Left(conversation));
    node.services.messages().typing(node.agent("carla"), conversation, true);
    assertThat(line.heard(Reply.Happened.class)).isEmpty();
  }

  /** So many seconds, each with a word from the client. */
  private void sign(Line line, Duration time) {
    for (long second = 0; second < time.toSeconds(); second++) {
      line.peer.stirred();
      node.pass(Duration.ofSeconds(1));
    }
  }

  private void pingIfDue(Line line) {
    int before = line.heard(Reply.Heartbeat.class).size();
    node.pass(Duration.ofSeconds(1));
    if (line.heard(Reply.Heartbeat.class).size() > before) {
      line.peer.pinged();
    }
  }

  private static void malformed(Line line, int times) {
    for (int i = 0; i < times; i++) {
      var refusal = new ChatException(Problem.BAD_JSON);
      line.peer.heard(new Said(null, refusal, null));
    }
  }

  private static List<Problem> refusals(Line line) {
    return line.heard(Reply.Refused.class).stream().map(one -> one.refusal().problem()).toList();
  }
}
