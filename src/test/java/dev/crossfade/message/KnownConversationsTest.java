package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.message.KnownConversations.Known;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Role;
import dev.crossfade.store.ReceiptStore;
import dev.crossfade.support.ByHand;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered without the store, and that it is never wrong: on a real store, by hand. */
class KnownConversationsTest {

  @TempDir static Path folder;
  private static Stored stored;

  private final Caller agent = caller("agent", "demo", Role.AGENT);
  private long nanos;
  private Subscriptions subscriptions;
  private MessageService service;
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
  void a_new_conversation_on_a_node() {
    conversation = stored.conversation();
    ByHand threads = new ByHand();
    subscriptions =
        new Subscriptions(
            stored.messages,
            stored.conversations,
            message -> "" + message.seq(),
            new Subscription.Threads(threads, threads),
            Hints.NONE,
            () -> nanos);
    service =
        new MessageService(
            stored.messages,
            stored.conversations,
            new ReceiptStore(stored.database, Clock.systemUTC()),
            stored.journal(),
            subscriptions,
            new Inbox(Hints.NONE),
            stored.database.epoch());
  }

  @Test
  void a_poll_that_finds_nothing_asks_the_store_once() throws Exception {
    poll(0);
    try (AutoCloseable down = stored.unavailable()) {
      assertThat(poll(0).messages()).isEmpty();
      assertThatThrownBy(() -> service.nothingNew(caller("eve", "demo", Role.VISITOR), at(0)))
          .as("who may see it is judged each time")
          .hasMessage("not_found");
      assertThatThrownBy(() -> service.nothingNew(caller("mallory", "other", Role.AGENT), at(0)))
          .hasMessage("not_found");
    }
  }

  /** A reader who asks after the sender was answered must not be given less than was answered. */
  @Test
  void what_this_node_commits_is_known_before_its_sender_is_answered() {
    poll(0);
    long[] seen = new long[1];
    service
        .post(
            agent,
            new Draft(conversation, "hello", null, null, null),
            posted -> seen[0] = poll(0).cursor())
        .toCompletableFuture()
        .join();
    assertThat(seen[0]).isEqualTo(1);
  }

  @Test
  void what_another_node_commits_is_known_after_the_next_sweep() {
    poll(0);
    stored.commit(conversation);
    assertThat(poll(0).messages()).as("not yet").isEmpty();
    subscriptions.sweep();
    assertThat(poll(0).messages()).hasSize(1);
  }

  /** A visitor who was just served by another node has more than is known here. */
  @Test
  void nobody_is_refused_for_what_is_not_known_yet() {
    poll(0);
    stored.commit(conversation);
    assertThat(poll(1).head()).isEqualTo(1);
    service.mark(agent, conversation, "desk", 1, 0);
    assertThatThrownBy(() -> poll(2)).hasMessage("cursor_ahead");
  }

  /** The row that is read is older than the commit that comes between the two. */
  @Test
  void a_commit_while_it_is_read_is_not_forgotten() {
    KnownConversations known = new KnownConversations(stored.conversations, () -> nanos);
    Known entry = known.find(conversation).orElseThrow();
    known.raise(conversation, 7);
    known.again(conversation);
    assertThat(entry.head()).isEqualTo(7);
  }

  @Test
  void what_does_not_exist_is_not_remembered() {
    KnownConversations known = new KnownConversations(stored.conversations, () -> nanos);
    long next = conversation + 1;
    assertThat(known.find(next)).isEmpty();
    assertThat(known.ids()).isEmpty();
    assertThat(stored.conversation()).isEqualTo(next);
    assertThat(known.find(next)).isPresent();
  }

  @Test
  void what_nobody_asks_about_is_forgotten_however_much_is_written_there() {
    poll(0);
    for (int second = 0; second < 61; second += 2) {
      nanos += 2_000_000_000L;
      subscriptions.sweep();
    }
    subscriptions.known().raise(conversation, 1);
    nanos += 2_000_000_000L;
    assertThat(subscriptions.known().ids()).isEmpty();
  }

  private Page poll(long after) {
    return service.nothingNew(agent, at(after)).orElseGet(() -> service.read(agent, at(after), 10));
  }

  private Place at(long after) {
    return new Place(conversation, after, null, null);
  }

  private static Caller caller(String user, String shop, Role role) {
    return new Caller(user, shop, role, null, Instant.MIN, null, Instant.MAX);
  }
}
