package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.MessageStatus;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LastReadTest {

  private final LastRead lastRead = new LastRead();

  @Test
  void it_answers_who_asks_for_no_more_than_it_holds_and_else_not_at_all() {
    assertThat(lastRead.after(0, 10)).isNull();
    lastRead.keep(read(5, 8), lastRead.marks());
    assertThat(lastRead.after(4, 2)).extracting(Encoded::seq).containsExactly(5L, 6L);
    assertThat(lastRead.after(6, 2)).extracting(Encoded::seq).containsExactly(7L, 8L);
    // In a chaos run: one asked for 1, and who asked for 100 then was given 1 of 216.
    assertThat(lastRead.after(6, 3)).isNull();
    assertThat(lastRead.after(3, 2)).isNull();
    assertThat(lastRead.after(8, 1)).isNull();
  }

  /** A crowd marks what it has got while it is given what follows. */
  @Test
  void marks_below_what_is_read_do_not_cost_it() {
    long before = lastRead.marks();
    lastRead.mark("anna", 4, MessageStatus.DELIVERED);
    lastRead.keep(read(5, 8), before);
    lastRead.mark("berta", 4, MessageStatus.READ);
    assertThat(lastRead.after(4, 4)).extracting(Encoded::seq).containsExactly(5L, 6L, 7L, 8L);
  }

  @Test
  void a_mark_that_the_read_may_have_missed_costs_it() {
    long before = lastRead.marks();
    lastRead.mark("anna", 5, MessageStatus.READ);
    lastRead.keep(read(5, 8), before);
    assertThat(lastRead.after(4, 4)).isNull();
  }

  @Test
  void a_mark_is_seen_by_who_asks_later() {
    lastRead.keep(read(5, 8), lastRead.marks());
    lastRead.mark("anna", 6, MessageStatus.READ);
    lastRead.mark("visitor", 8, MessageStatus.READ);
    assertThat(lastRead.after(4, 4))
        .extracting(Encoded::json)
        .containsExactly("5 READ", "6 READ", "7 SENT", "8 SENT");
  }

  private static List<Encoded> read(long from, long to) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(
            seq ->
                new Encoded(
                    TailTest.message(seq), message -> message.seq() + " " + message.status()))
        .toList();
  }
}
