package dev.crossfade.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.message.Batch;
import dev.crossfade.model.CloseReason;
import dev.crossfade.peer.Budget;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The one writer of a socket, against a peer whose speed the test decides. */
class OutboxTest {

  private final List<String> wire = new ArrayList<>();
  private final Deque<SendHandler> inFlight = new ArrayDeque<>();
  private final List<String> heard = new ArrayList<>();
  private final Deque<Runnable> apart = new ArrayDeque<>();
  private boolean atOnce;

  private final Budget budget = new Budget(10_000_000);
  private final Outbox outbox =
      new Outbox(
          remote(),
          new OutboxOwner() {
            @Override
            public void roomAgain() {
              heard.add("room");
            }

            @Override
            public void pinged() {
              heard.add("pinged");
            }

            @Override
            public void apart(Runnable work) {
              apart.add(work);
            }

            @Override
            public void broken() {
              heard.add("broken");
            }

            @Override
            public void closeNow(CloseReason why) {
              heard.add("close " + why.code());
            }
          },
          budget);

  @Test
  void one_send_is_in_flight_and_the_next_starts_when_it_is_done() {
    outbox.text("a");
    outbox.text("b");
    assertThat(wire).containsExactly("a");
    complete();
    assertThat(wire).containsExactly("a", "b");
  }

  @Test
  void whoever_was_turned_away_is_called_back_when_the_last_write_is_done() {
    outbox.text("a");
    assertThat(outbox.reserve()).isFalse();
    complete();
    assertThat(heard).containsExactly("room");
    assertThat(outbox.reserve()).isTrue();
  }

  @Test
  void nobody_is_called_who_was_not_turned_away() {
    outbox.text("a");
    complete();
    assertThat(heard).isEmpty();
  }

  /** Two feeds that both saw an idle socket each offered a batch: more than may wait. */
  @Test
  void room_is_given_to_one_at_a_time_until_its_batch_is_written() {
    assertThat(outbox.reserve()).isTrue();
    assertThat(outbox.reserve()).isFalse();
    outbox.batch(List.of("a", "b"), false);
    complete();
    assertThat(outbox.reserve()).isFalse();
    assertThat(heard).isEmpty();
    complete();
    assertThat(heard).containsExactly("room");
    assertThat(outbox.reserve()).isTrue();
  }

  @Test
  void room_that_was_not_used_goes_to_the_next() {
    assertThat(outbox.reserve()).isTrue();
    assertThat(outbox.reserve()).isFalse();
    outbox.cancel();
    assertThat(heard).containsExactly("room");
    assertThat(outbox.reserve()).isTrue();
  }

  @Test
  void a_pong_that_waits_answers_every_ping() {
    outbox.text("a");
    for (int i = 0; i < Outbox.MAX_FRAMES * 2; i++) {
      outbox.pong("pong");
    }
    complete();
    complete();
    assertThat(wire).containsExactly("a", "pong");
    assertThat(heard).isEmpty();
    outbox.pong("again");
    assertThat(wire).endsWith("again");
  }

  @Test
  void what_waits_is_counted_until_it_is_written_or_dropped() {
    outbox.text("12345");
    outbox.text("123");
    assertThat(budget.taken()).isEqualTo(8);
    complete();
    assertThat(budget.taken()).isEqualTo(3);
    outbox.text("1234567");
    outbox.drop();
    assertThat(budget.taken()).as("Tomcat may never tell of the one in flight").isZero();
    complete();
    assertThat(budget.taken()).isZero();
  }

  /** A host that never reads spent the budget, and nobody else was delivered anything. */
  @Test
  void while_the_budget_of_the_node_is_spent_who_reads_gets_small_batches() {
    assertThat(outbox.maxChars()).isEqualTo(Batch.MAX_CHARS);
    budget.take(10_000_000);
    assertThat(outbox.maxChars()).isEqualTo(Outbox.BATCH_WHEN_SPENT);
    assertThat(outbox.reserve()).isTrue();
    outbox.batch(List.of("a"), false);
    assertThat(wire).containsExactly("a");
    assertThat(outbox.reserve()).isFalse();
  }

  @Test
  void while_it_is_spent_there_is_little_room_for_what_nobody_reserved() {
    outbox.text("x");
    budget.take(10_000_000);
    outbox.text("y".repeat(Outbox.MAX_CHARS_WHEN_SPENT + 1));
    complete();
    assertThat(heard).containsExactly("close 4408");
  }

  /** A healthy reader was closed with 4408 because others had spent the budget meanwhile. */
  @Test
  void a_batch_that_was_granted_does_not_count_when_the_budget_is_spent_meanwhile() {
    assertThat(outbox.reserve()).isTrue();
    outbox.batch(List.of("a", "b".repeat(2 * Outbox.MAX_CHARS_WHEN_SPENT), "c"), false);
    budget.take(10_000_000);
    outbox.text("an event");
    for (int i = 0; i < 4; i++) {
      complete();
    }
    assertThat(wire).hasSize(4).endsWith("an event");
    assertThat(heard).isEmpty();
  }

  @Test
  void ten_thousand_writes_that_complete_at_once_do_not_nest() {
    atOnce = true;
    for (int i = 0; i < 10_000; i++) {
      outbox.text("x");
    }
    assertThat(wire).hasSize(10_000);
    assertThat(heard).isEmpty();
  }

  @Test
  void a_close_comes_after_what_was_offered_before_and_nothing_after_it() {
    outbox.text("goodbye");
    outbox.close(CloseReason.NO_IDENTITY);
    outbox.text("too late");
    assertThat(heard).isEmpty();
    complete();
    assertThat(wire).containsExactly("goodbye");
    assertThat(heard).containsExactly("close 4401");
  }

  /** It went on receiving for as long as it took its time to read. */
  @Test
  void who_has_lost_the_right_to_it_gets_nothing_of_what_waits() {
    outbox.text("in flight");
    outbox.text("secret");
    outbox.close(CloseReason.EXPIRED);
    complete();
    assertThat(wire).containsExactly("in flight");
    assertThat(heard).containsExactly("close 4401");
    assertThat(budget.taken()).isZero();
  }

  /** Tomcat's answer to a ping of the client may hold ours up: not the thread of all heartbeats. */
  @Test
  void a_ping_is_written_apart_and_there_is_no_room_meanwhile() {
    outbox.ping();
    outbox.text("after");
    assertThat(wire).isEmpty();
    assertThat(outbox.reserve()).isFalse();
    apart.remove().run();
    assertThat(wire).containsExactly("ping", "after");
    assertThat(heard).containsExactly("pinged");
    complete();
    assertThat(heard).containsExactly("pinged", "room");
  }

  /** A close that overtakes the frame in flight cuts it in two: the reader saw 1006, not 4408. */
  @Test
  void beyond_its_bound_the_reader_is_told_so_after_the_frame_in_flight() {
    for (int i = 0; i <= Outbox.MAX_FRAMES + 1; i++) {
      outbox.text("x");
    }
    assertThat(heard).isEmpty();
    assertThat(outbox.reserve()).isFalse();
    outbox.text("dropped");
    complete();
    assertThat(heard).containsExactly("close 4408");
    assertThat(wire).hasSize(1);
  }

  @Test
  void a_write_that_fails_or_throws_ends_it() {
    outbox.text("a");
    inFlight.remove().onResult(new SendResult(new java.io.IOException("reset")));
    assertThat(heard).containsExactly("broken");
    outbox.text("b");
    assertThat(wire).containsExactly("a");
  }

  private void complete() {
    inFlight.remove().onResult(new SendResult());
  }

  private RemoteEndpoint.Async remote() {
    return (RemoteEndpoint.Async)
        Proxy.newProxyInstance(
            OutboxTest.class.getClassLoader(),
            new Class<?>[] {RemoteEndpoint.Async.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("sendPing")) {
                wire.add("ping");
                return null;
              }
              wire.add((String) arguments[0]);
              SendHandler handler = (SendHandler) arguments[1];
              if (atOnce) {
                handler.onResult(new SendResult());
              } else {
                inFlight.add(handler);
              }
              return null;
            });
  }
}
