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
    assertThat(seqs(tail.after(4, 10, 0))).containsExactly(5L, 6L, 7L, 8L);
    assertThat(seqs(tail.after(6, 10, 0))).containsExactly(7L, 8L);
    assertThat(seqs(tail.after(4, 2, 0))).containsExactly(5L, 6L);
    assertThat(tail.after(3, 10, 0)).as("5 does not follow on 3").isNull();
    assertThat(tail.after(8, 10, 0)).as("nothing is after 8").isNull();
    assertThat(tail.after(9, 10, 0)).isNull();
  }

  @Test
  void an_empty_one_answers_nothing() {
    assertThat(tail.after(0, 10, 0)).isNull();
  }

  /** Another node wrote what is between. */
  @Test
  void after_a_gap_it_begins_anew() {
    append(1, 3);
    append(6, 7);
    assertThat(tail.after(0, 10, 0)).isNull();
    assertThat(tail.after(3, 10, 0)).isNull();
    assertThat(seqs(tail.after(5, 10, 0))).containsExactly(6L, 7L);
  }

  @Test
  void it_keeps_the_newest_and_no_more_than_its_bound() {
    append(1, Tail.MAX_MESSAGES + 10);
    assertThat(tail.after(9, 10, 0)).isNull();
    assertThat(tail.after(10, 1_000, 0)).hasSize(Tail.MAX_MESSAGES);
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
    List<Encoded> given = tail.after(0, 10, 0);
    append(3, 3);
    tail.mark("agent", 3, MessageStatus.READ);
    assertThat(seqs(given)).containsExactly(1L, 2L);
    assertThat(given.get(0).message().status()).isEqualTo(MessageStatus.SENT);
  }

  /** The sender was answered, and this tail not yet told: a reader must not be given less. */
  @Test
  void below_the_head_it_answers_only_what_reaches_the_limit() {
    append(1, 3);
    assertThat(tail.after(0, 10, 4)).isNull();
    assertThat(seqs(tail.after(0, 3, 4))).containsExactly(1L, 2L, 3L);
    assertThat(seqs(tail.after(0, 10, 3))).containsExactly(1L, 2L, 3L);
  }

  @Test
  void what_one_reader_read_from_the_store_is_there_for_the_others() {
    append(1, 1);
    tail.fill(read(1, 3), tail.marks());
    assertThat(seqs(tail.after(0, 10, 3))).containsExactly(1L, 2L, 3L);
    append(4, 4);
    assertThat(seqs(tail.after(0, 10, 4))).containsExactly(1L, 2L, 3L, 4L);
  }

  /** This node's journal tells of a message that a reader has found in the store before. */
  @Test
  void a_message_that_was_read_before_it_was_told_is_there_once() {
    append(1, 1);
    tail.fill(read(2, 3), tail.marks());
    append(2, 3);
    append(4, 4);
    assertThat(seqs(tail.after(1, 10, 4))).containsExactly(2L, 3L, 4L);
  }

  @Test
  void what_was_read_before_a_mark_was_raised_is_not_taken() {
    append(1, 1);
    long before = tail.marks();
    List<Encoded> stale = read(1, 2);
    tail.mark("agent", 2, MessageStatus.READ);
    tail.fill(stale, before);
    assertThat(tail.after(0, 10, 2)).isNull();
    assertThat(json()).containsExactly("1 READ");
  }

  private List<Encoded> read(long from, long to) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(seq -> new Encoded(message(seq), m -> m.seq() + " " + m.status()))
        .toList();
  }

  private void append(long from, long to) {
    LongStream.rangeClosed(from, to).forEach(seq -> tail.append(message(seq)));
  }

  private List<String> json() {
    return tail.after(0, 10, 0).stream().map(Encoded::json).toList();
  }

  static List<Long> seqs(List<Encoded> batch) {
    return batch.stream().map(Encoded::seq).toList();
  }

  private static Message message(long seq) {
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
