package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Role;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TailTest {

  private int encoded;

  private final Tail tail =
      new Tail(
          message -> {
            encoded++;
            return message.seq() + " " + message.status();
          });

  @Test
  void it_answers_from_any_place_whose_next_message_it_holds_and_else_not_at_all() {
    append(5, 8);
    assertThat(seqs(after(4, 10))).containsExactly(5L, 6L, 7L, 8L);
    assertThat(seqs(after(6, 10))).containsExactly(7L, 8L);
    assertThat(seqs(after(4, 2))).containsExactly(5L, 6L);
    assertThat(after(3, 10)).as("5 does not follow on 3").isNull();
    assertThat(after(8, 10)).as("nothing is after 8").isNull();
    assertThat(after(9, 10)).isNull();
  }

  @Test
  void an_empty_one_answers_nothing() {
    assertThat(after(0, 10)).isNull();
  }

  /** Another node wrote what is between. */
  @Test
  void after_a_gap_it_begins_anew() {
    append(1, 3);
    append(6, 7);
    assertThat(after(0, 10)).isNull();
    assertThat(after(3, 10)).isNull();
    assertThat(seqs(after(5, 10))).containsExactly(6L, 7L);
  }

  @Test
  void it_keeps_the_newest_and_no_more_than_its_bound() {
    append(1, Tail.MAX_MESSAGES + 10);
    assertThat(after(9, 10)).isNull();
    assertThat(after(10, 1_000)).hasSize(Tail.MAX_MESSAGES);
  }

  @Test
  void a_message_is_encoded_once_for_all_and_again_only_where_its_status_rose() {
    append(1, 2);
    for (int i = 0; i < 3; i++) {
      assertThat(json()).containsExactly("1 SENT", "2 SENT");
    }
    assertThat(encoded).isEqualTo(2);

    tail.mark("agent", 1, MessageStatus.READ);

    assertThat(json()).containsExactly("1 READ", "2 SENT");
    assertThat(encoded).isEqualTo(3);
  }

  @Test
  void a_status_only_rises_and_nobody_reads_what_is_their_own() {
    append(1, 2);
    tail.mark("agent", 2, MessageStatus.READ);
    tail.mark("agent", 2, MessageStatus.DELIVERED);
    assertThat(json()).containsExactly("1 READ", "2 READ");
    append(3, 3);
    tail.mark("visitor", 3, MessageStatus.READ);
    assertThat(json()).containsExactly("1 READ", "2 READ", "3 SENT");
  }

  /** The list that a subscriber was given is its own, whatever comes after. */
  @Test
  void what_was_given_out_does_not_change() {
    append(1, 2);
    List<Encoded> given = after(0, 10);
    append(3, 3);
    tail.mark("agent", 3, MessageStatus.READ);
    assertThat(seqs(given)).containsExactly(1L, 2L);
    assertThat(given.get(0).message().status()).isEqualTo(MessageStatus.SENT);
  }

  /** It is filled after the sender was answered, and misses what another node wrote. */
  @Test
  void where_it_ends_below_the_head_it_answers_only_a_whole_batch() {
    append(1, 4);
    assertThat(tail.after(0, 10, 5)).isNull();
    assertThat(tail.covers(0, 10, 5)).isFalse();
    assertThat(seqs(tail.after(0, 3, 5))).containsExactly(1L, 2L, 3L);
    assertThat(tail.covers(0, 10, 4)).isTrue();
  }

  // ---- filled by whoever read for all

  @Test
  void what_one_has_read_is_there_for_the_others() {
    tail.fill(read(3, 6), tail.marks());
    assertThat(seqs(after(2, 10))).containsExactly(3L, 4L, 5L, 6L);
    append(7, 7);
    assertThat(seqs(after(2, 10))).containsExactly(3L, 4L, 5L, 6L, 7L);
  }

  /** The journal tells of a message that somebody has read from the store meanwhile. */
  @Test
  void a_message_that_was_read_before_it_was_told_of_is_there_once() {
    tail.fill(read(1, 3), tail.marks());
    append(2, 4);
    assertThat(seqs(after(0, 10))).containsExactly(1L, 2L, 3L, 4L);
  }

  /** What was read is older than what was told of while it was read. */
  @Test
  void a_read_that_ends_before_the_tail_does_not_replace_it() {
    List<Encoded> read = read(1, 3);
    append(3, 4);
    tail.fill(read, tail.marks());
    assertThat(seqs(after(2, 10))).containsExactly(3L, 4L);
  }

  @Test
  void a_read_that_may_have_missed_a_mark_is_not_kept() {
    long before = tail.marks();
    List<Encoded> read = read(1, 3);
    tail.mark("agent", 3, MessageStatus.READ);
    tail.fill(read, before);
    assertThat(after(0, 10)).isNull();
  }

  private List<Encoded> read(long from, long to) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(seq -> new Encoded(message(seq), m -> m.seq() + " " + m.status()))
        .toList();
  }

  private List<Encoded> after(long place, int limit) {
    return tail.after(place, limit, 0);
  }

  private void append(long from, long to) {
    LongStream.rangeClosed(from, to).forEach(seq -> tail.append(message(seq)));
  }

  private List<String> json() {
    return after(0, 10).stream().map(Encoded::json).toList();
  }

  static List<Long> seqs(List<Encoded> batch) {
    return batch.stream().map(Encoded::seq).toList();
  }

  static Message message(long seq) {
    return new Message(
        seq,
        1,
        seq,
        "visitor",
        Role.VISITOR,
        null,
        "text",
        "text",
        null,
        null,
        Instant.EPOCH,
        MessageStatus.SENT);
  }
}
