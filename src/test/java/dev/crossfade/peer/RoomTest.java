package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How many peers there may be: on the node, and from one address. */
class RoomTest {

  private final Room room = new Room(new Room.Bounds(3, 2, 2), new Random(7));

  @Test
  void beyond_the_bound_of_an_address_its_next_one_is_told_when_to_come_back() {
    room.enter("here");
    room.enter("here");
    assertThatThrownBy(() -> room.require("here", false, 5))
        .isInstanceOfSatisfying(
            ChatException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
              assertThat((int) refusal.fields().get("retry_after")).isBetween(1, 5);
            });
    assertThatCode(() -> room.require("there", false, 5)).doesNotThrowAnyException();
  }

  @Test
  void what_was_given_back_may_be_taken_again() {
    room.enter("here");
    room.enter("here");
    room.leave("here");
    assertThat(room.size()).isEqualTo(1);
    assertThatCode(() -> room.require("here", false, 5)).doesNotThrowAnyException();
  }

  @Test
  void a_full_or_closed_node_is_unavailable() {
    assertThatThrownBy(() -> room.require("here", true, 5)).hasMessage("unavailable");
    List.of("a", "b", "c").forEach(room::enter);
    assertThatThrownBy(() -> room.require("d", false, 5)).hasMessage("unavailable");
  }

  /** Asking first and counting later let in as many as asked at once. */
  @Test
  void of_many_that_are_admitted_at_once_none_is_too_many() {
    AtomicInteger admitted = new AtomicInteger();
    IntStream.range(0, 200)
        .parallel()
        .forEach(
            i -> {
              try {
                room.admit("address-" + i % 100, 5);
                admitted.incrementAndGet();
              } catch (ChatException full) {
                assertThat(full.problem()).isEqualTo(Problem.UNAVAILABLE);
              }
            });
    assertThat(admitted).hasValue(3);
    assertThat(room.size()).isEqualTo(3);
  }

  @Test
  void a_refused_one_leaves_no_trace() {
    List.of("a", "b", "c").forEach(room::enter);
    assertThatThrownBy(() -> room.admit("d", 5)).hasMessage("unavailable");
    room.leave("a");
    assertThatCode(() -> room.admit("d", 5)).doesNotThrowAnyException();
    assertThatThrownBy(() -> room.require("d", false, 5)).hasMessage("unavailable");
  }
}
