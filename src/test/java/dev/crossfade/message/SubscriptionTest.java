package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.support.ByHand;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Delivery, one interleaving after the other: commits, hints and a subscriber's readiness come when
 * the test says, and the delivery thread runs when it says.
 */
class SubscriptionTest {

  private static final int BATCH = 3;

  @TempDir static Path folder;
  private static Stored stored;

  private final ByHand delivery = new ByHand();
  private final ByHand reads = new ByHand();
  private final Listener listener = new Listener();
  private Subscriptions subscriptions;
  private long conversation;

  @BeforeAll
  static void open() {
    stored = new Stored(folder);
  }

  @AfterAll
  static void close() {
    stored.close();
  }

  @BeforeEach
  void a_new_conversation() {
    conversation = stored.conversation();
    subscriptions = subscriptions(message -> "" + message.seq());
  }

  private Subscriptions subscriptions(Function<Message, String> encoder) {
    return new Subscriptions(
        stored.messages,
        stored.conversations,
        encoder,
        new Subscription.Threads(delivery, reads),
        Hints.NONE,
        System::nanoTime);
  }

  // ---- register, then look

  @Test
  void what_was_committed_before_between_and_after_passes_once_and_in_order() {
    commitAndTell(2);
    Subscription subscription = subscriptions.register(conversation, listener, BATCH);
    commitAndTell(1);
    subscriptions.start(subscription, 0, 3);
    commitAndTell(1);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L, 4L);
  }

  /** The look sees the message before the journal's thread has told of it. */
  @Test
  void a_hint_that_comes_after_the_look_has_seen_its_message_doubles_nothing() {
    Subscription subscription = subscriptions.register(conversation, listener, BATCH);
    Message first = stored.commit(conversation);
    subscriptions.start(subscription, 0, 1);
    run();
    subscriptions.appended(first);
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  /** The journal's thread tells of the message before the look, which saw less. */
  @Test
  void a_hint_that_comes_before_the_start_is_not_forgotten() {
    Subscription subscription = subscriptions.register(conversation, listener, BATCH);
    commitAndTell(1);
    assertThat(delivery.waiting()).as("nothing is handed over before the start").isZero();
    subscriptions.start(subscription, 0, 0);
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  @Test
  void it_begins_at_its_place_and_not_before() {
    commitAndTell(5);
    listen(3);
    assertThat(listener.seen).containsExactly(4L, 5L);
  }

  /** An agent was told "pushed" of a message that a poll answered just before did not take. */
  @Test
  void what_was_not_taken_is_not_counted_as_taken_and_ends_it() {
    Subscription subscription = listen(0);
    listener.over = true;
    commitAndTell(1);
    run();
    assertThat(subscription.place()).isZero();
    commitAndTell(1);
    run();
    assertThat(listener.asked).isEqualTo(1);
  }

  /** It is entered before it is asked whether it may: another shop's events came meanwhile. */
  @Test
  void who_is_not_let_in_yet_hears_no_event() {
    Subscription subscription = subscriptions.register(conversation, listener, BATCH);
    subscriptions.tellHere(conversation, new Event.Typing(conversation, "visitor", true), null);
    assertThat(listener.events).isEmpty();
    subscriptions.start(subscription, 0, 0);
    subscriptions.tellHere(conversation, new Event.Typing(conversation, "visitor", true), null);
    assertThat(listener.events).hasSize(1);
  }

  // ---- signals

  @Test
  void many_signals_are_one_run() {
    Subscription subscription = listen(0);
    int askedBefore = listener.asked;
    stored.commit(conversation);
    subscriptions.signal(conversation, 1);
    IntStream.range(0, 10).forEach(i -> subscription.signal());
    assertThat(delivery.waiting()).isEqualTo(1);
    run();
    assertThat(listener.seen).containsExactly(1L);
    assertThat(listener.asked - askedBefore).isEqualTo(1);
  }

  @Test
  void what_comes_while_a_batch_is_handed_over_follows_on_the_same_thread() {
    listen(0);
    listener.meanwhile =
        () -> {
          commitAndTell(2);
          assertThat(delivery.waiting()).as("no second thread delivers meanwhile").isZero();
        };
    commitAndTell(1);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L);
  }

  @Test
  void doubled_late_and_false_hints_change_nothing() {
    listen(0);
    commitAndTell(3);
    run();
    subscriptions.signal(conversation, 3);
    subscriptions.signal(conversation, 1);
    subscriptions.signal(conversation, 9);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L);
    commitAndTell(1);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void a_lost_hint_is_repaired_by_the_sweep() {
    listen(0);
    stored.commit(conversation);
    run();
    assertThat(listener.seen).isEmpty();
    subscriptions.sweep();
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  // ---- who is not ready

  @Test
  void who_is_not_ready_is_given_nothing_and_all_of_it_later() {
    Subscription subscription = listen(0);
    listener.ready = false;
    commitAndTell(5);
    run();
    assertThat(listener.seen).isEmpty();
    listener.ready = true;
    subscription.signal();
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(listener.batches).containsExactly(BATCH, 2);
  }

  @Test
  void who_is_ready_for_one_batch_is_given_one() {
    commitAndTell(7);
    listener.meanwhile = () -> listener.ready = false;
    Subscription subscription = listen(0);
    assertThat(listener.seen).containsExactly(1L, 2L, 3L);
    assertThat(subscription.place()).isEqualTo(3);
  }

  /** Its write was done between its answer and the end of the run: this signal is the only one. */
  @Test
  void who_becomes_ready_just_after_it_was_turned_away_does_not_wait_for_the_sweep() {
    Subscription subscription = listen(0);
    listener.ready = false;
    listener.turnedAway =
        () -> {
          listener.ready = true;
          subscription.signal();
        };
    commitAndTell(1);
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  @Test
  void who_has_nothing_to_read_is_not_asked_whether_it_is_ready() {
    Subscription subscription = listen(0);
    subscription.signal();
    run();
    assertThat(listener.asked).isZero();
  }

  /** One who reads slowly is nobody else's business. */
  @Test
  void each_has_its_own_place() {
    Listener slow = new Listener();
    slow.ready = false;
    listen(0);
    Subscription other = subscriptions.register(conversation, slow, BATCH);
    subscriptions.start(other, 0, 0);
    commitAndTell(2);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L);
    slow.ready = true;
    other.signal();
    run();
    assertThat(slow.seen).containsExactly(1L, 2L);
  }

  /** A thousand agents who fell behind read the same part a thousand times, and never caught up. */
  @Test
  void a_crowd_that_is_far_behind_reads_each_part_once() {
    AtomicInteger encoded = new AtomicInteger();
    subscriptions = subscriptions(message -> "" + encoded.incrementAndGet());
    int head = Tail.MAX_MESSAGES + 7;
    IntStream.range(0, head).forEach(i -> stored.commit(conversation));
    List<Listener> crowd = new ArrayList<>();
    List<Subscription> theirs = new ArrayList<>();
    for (int i = 0; i < LiveConversation.CROWD; i++) {
      Listener one = new Listener();
      one.meanwhile = () -> one.ready = false;
      crowd.add(one);
      theirs.add(subscriptions.register(conversation, one, BATCH));
    }
    theirs.forEach(one -> subscriptions.start(one, 0, head));
    run();
    assertThat(crowd).allSatisfy(one -> assertThat(one.seen).containsExactly(1L, 2L, 3L));
    assertThat(encoded).hasValue(BATCH);

    subscriptions.marked(conversation, "visitor", 2, MessageStatus.READ);
    crowd.forEach(one -> one.meanwhile = () -> one.ready = false);
    crowd.forEach(one -> one.ready = true);
    theirs.forEach(Subscription::signal);
    run();
    assertThat(crowd).allSatisfy(one -> assertThat(one.seen).hasSize(2 * BATCH).isSorted());
    assertThat(encoded).hasValue(2 * BATCH);
  }

  // ---- the end

  @Test
  void who_ends_while_a_batch_is_handed_over_gets_that_and_no_more() {
    Subscription subscription = listen(0);
    listener.meanwhile = subscription::close;
    commitAndTell(5);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L);
    commitAndTell(1);
    subscription.signal();
    assertThat(delivery.waiting()).isZero();
  }

  @Test
  void who_ends_before_its_turn_gets_nothing() {
    Subscription subscription = listen(0);
    commitAndTell(1);
    subscription.close();
    subscription.close();
    run();
    assertThat(listener.seen).isEmpty();
  }

  @Test
  void a_conversation_is_live_until_the_last_has_left() {
    Subscription first = listen(0);
    Subscription second = subscriptions.register(conversation, new Listener(), BATCH);
    first.close();
    first.close();
    assertThat(subscriptions.liveConversations()).isEqualTo(1);
    second.close();
    assertThat(subscriptions.liveConversations()).isZero();
    // Who comes now begins from the store, where the tail is gone.
    commitAndTell(1);
    Listener late = new Listener();
    subscriptions.start(subscriptions.register(conversation, late, BATCH), 0, 1);
    run();
    assertThat(late.seen).containsExactly(1L);
  }

  // ---- the store behind the tail

  /** The tail is filled after the sender was answered, and misses what another node wrote. */
  @Test
  void where_the_tail_ends_below_the_head_the_store_is_read() {
    listen(0);
    commitAndTell(1);
    stored.commit(conversation);
    subscriptions.signal(conversation, 2);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L);
    assertThat(listener.batches).containsExactly(2);
  }

  @Test
  void messages_that_another_node_wrote_between_ours_are_not_passed_over() {
    listen(0);
    listener.ready = false;
    commitAndTell(1);
    stored.commit(conversation);
    commitAndTell(1);
    listener.ready = true;
    subscriptions.signal(conversation, 3);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L, 3L);
  }

  /** A read that waits is the business of who needs it. */
  @Test
  void what_is_in_memory_is_delivered_while_another_waits_for_the_store() {
    commitAndTell(2);
    Listener late = new Listener();
    listen(2);
    Subscription catchesUp = subscriptions.register(conversation, late, BATCH);
    subscriptions.start(catchesUp, 0, 2);
    delivery.run();
    assertThat(reads.waiting()).isEqualTo(1);
    commitAndTell(1);
    delivery.run();
    assertThat(listener.seen).containsExactly(3L);
    assertThat(late.seen).isEmpty();
    assertThat(late.reserved).as("no room is kept for a read that waits").isFalse();
    run();
    assertThat(late.seen).containsExactly(1L, 2L, 3L);
  }

  /** The right to drain went to the reading thread: no signal may start a second one meanwhile. */
  @Test
  void signals_while_a_read_waits_start_no_second_run() {
    Subscription subscription = listen(0);
    stored.commit(conversation);
    subscriptions.signal(conversation, 1);
    delivery.run();
    subscription.signal();
    subscriptions.appended(stored.commit(conversation));
    assertThat(delivery.waiting()).isZero();
    assertThat(reads.waiting()).isEqualTo(1);
    run();
    assertThat(listener.seen).containsExactly(1L, 2L);
  }

  @Test
  void where_too_many_reads_wait_the_place_stays_and_the_next_signal_tries_again() {
    Subscription subscription = listen(0);
    stored.commit(conversation);
    reads.full = true;
    subscriptions.signal(conversation, 1);
    run();
    assertThat(listener.stalls).hasSize(1);
    assertThat(subscription.place()).isZero();
    reads.full = false;
    subscription.signal();
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  @Test
  void while_the_store_does_not_answer_the_place_stays() throws Exception {
    Subscription subscription = listen(0);
    stored.commit(conversation);
    try (AutoCloseable outage = stored.unavailable()) {
      subscriptions.signal(conversation, 1);
      run();
    }
    assertThat(listener.seen).isEmpty();
    assertThat(listener.stalls).hasSize(1);
    assertThat(subscription.place()).isZero();
    subscription.signal();
    run();
    assertThat(listener.seen).containsExactly(1L);
  }

  /** Both kinds of threads, until there is nothing left to do. */
  private void run() {
    while (delivery.waiting() + reads.waiting() > 0) {
      delivery.run();
      reads.run();
    }
  }

  private Subscription listen(long place) {
    Subscription subscription = subscriptions.register(conversation, listener, BATCH);
    long head = stored.conversations.find(conversation).orElseThrow().head();
    subscriptions.start(subscription, place, head);
    run();
    return subscription;
  }

  /** As this node's journal does: commits, then tells. */
  private void commitAndTell(int messages) {
    for (int i = 0; i < messages; i++) {
      subscriptions.appended(stored.commit(conversation));
    }
  }
}
