package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Role;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every database must keep of the log of a conversation. One line per database. */
abstract class MessageStoreContract {

  private static final int CAPACITY = 10_000;
  private static final int BATCH = 100;

  private final Caller visitor = caller("v-" + UUID.randomUUID(), "demo", Role.VISITOR);
  private final Caller agent = caller("agent", "demo", Role.AGENT);
  private Database database;
  private MessageStore messages;
  private ConversationStore conversations;
  private ReceiptStore receipts;
  private Journal<MessageStore.Entry, Posted> journal;

  abstract DataSource dataSource() throws Exception;

  @BeforeEach
  void open() throws Exception {
    database = new Database(dataSource(), true, null);
    messages = new MessageStore(database, Clock.systemUTC());
    conversations = new ConversationStore(database, Clock.systemUTC());
    receipts = new ReceiptStore(database, Clock.systemUTC());
    journal = journal(CAPACITY);
  }

  @AfterEach
  void close() {
    journal.close();
    database.close();
  }

  @Test
  void seq_is_dense_and_the_same_for_all_however_many_write_at_once() throws Exception {
    int writers = 8;
    int each = 50;
    List<Long> ids = List.of(openConversation("1"), openConversation("2"), openConversation("3"));
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    // Two journals and two stores, as on two nodes: the row lock and the sequence keep them apart.
    MessageStore elsewhere = new MessageStore(database, Clock.systemUTC());
    try (Journal<MessageStore.Entry, Posted> other =
        new Journal<>(
            database, elsewhere::append, CAPACITY, BATCH, System::nanoTime, Thread::new)) {
      List<CompletableFuture<Posted>> all = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        for (int i = 0; i < each; i++) {
          Journal<MessageStore.Entry, Posted> through = w % 2 == 0 ? journal : other;
          long conversation = ids.get(i % ids.size());
          String id = "w" + w + "-" + i;
          CompletableFuture<Posted> promise = new CompletableFuture<>();
          all.add(promise);
          threads.execute(() -> through.submit(entry(agent, conversation, "m", id), promise));
        }
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    } finally {
      threads.shutdown();
    }
    for (long id : ids) {
      List<Message> log = everything(id);
      assertThat(log.stream().map(Message::seq))
          .containsExactlyElementsOf(LongStream.rangeClosed(1, log.size()).boxed().toList());
      assertThat(conversations.find(id).orElseThrow().head()).isEqualTo(log.size());
    }
    assertThat(ids.stream().mapToInt(id -> everything(id).size()).sum()).isEqualTo(writers * each);
  }

  @Test
  void the_same_client_msg_id_is_stored_once_even_within_one_batch() throws Exception {
    long id = openConversation();
    List<CompletableFuture<Posted>> repeats = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      CompletableFuture<Posted> promise = new CompletableFuture<>();
      repeats.add(promise);
      journal.submit(entry(visitor, id, "once", "same"), promise);
    }
    for (CompletableFuture<Posted> repeat : repeats) {
      assertThat(repeat.get(10, TimeUnit.SECONDS).message().seq()).isEqualTo(1);
    }
    assertThat(repeats.stream().filter(r -> !r.join().duplicate())).hasSize(1);
    assertThat(everything(id)).hasSize(1);
    assertRefused("id_conflict", entry(visitor, id, "other words", "same"));
    // The id is the sender's own: another sender may use it too.
    assertThat(post(entry(agent, id, "mine", "same")).message().seq()).isEqualTo(2);
  }

  /** As a node does that was stopped in the middle of a transaction. */
  @Test
  void a_row_that_somebody_holds_delays_its_conversation_alone() throws Exception {
    long held = openConversation("1");
    long free = openConversation("2");
    CompletableFuture<Posted> waits = new CompletableFuture<>();
    CompletableFuture<Posted> next = new CompletableFuture<>();
    try (Connection holder = dataSource().getConnection()) {
      holder.setAutoCommit(false);
      holder
          .createStatement()
          .executeQuery("select * from conversation where id = " + held + " for update");
      journal.submit(entry(agent, held, "one", "h1"), waits);
      for (int i = 1; i <= 20; i++) {
        assertThat(post(entry(agent, free, "m", "f" + i)).message().seq()).isEqualTo(i);
      }
      journal.submit(entry(agent, held, "two", "h2"), next);
      assertThat(List.of(waits.isDone(), next.isDone())).containsExactly(false, false);
      holder.rollback();
    }
    assertThat(waits.get(10, TimeUnit.SECONDS).message().seq()).isEqualTo(1);
    assertThat(next.get(10, TimeUnit.SECONDS).message().seq()).isEqualTo(2);
    assertRefused("not_found", entry(agent, Long.MAX_VALUE, "nowhere", "n"));
  }

  /** Every read of the conversation reads all its marks. */
  @Test
  void made_up_client_ids_leave_a_bounded_number_of_marks_that_say_the_same() throws Exception {
    long id = openConversation();
    for (int i = 1; i <= 5; i++) {
      post(entry(agent, id, "m", "c" + i));
    }
    receipts.raise(visitor, id, "first", 4, 3);
    for (int i = 0; i < 3 * ReceiptStore.MAX_CLIENTS; i++) {
      receipts.raise(visitor, id, "made-up-" + i, 1, 1);
      receipts.raise(visitor, id, "nothing-" + i, 0, 0);
    }
    assertThat(marks(id)).isEqualTo(ReceiptStore.MAX_CLIENTS + 1);
    assertThat(receipts.delivered(visitor, id, "first")).contains(4L);
    List<Message> log = everything(id);
    assertThat(log.get(2).status()).isEqualTo(MessageStatus.READ);
    assertThat(log.get(3).status()).isEqualTo(MessageStatus.DELIVERED);
    assertThat(log.get(4).status()).isEqualTo(MessageStatus.SENT);
  }

  private long marks(long conversation) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "select count(*) from ReceiptRow where conversationId = :id", Long.class)
                .setParameter("id", conversation)
                .getSingleResult());
  }

  @Test
  void a_reply_names_a_message_of_its_own_conversation() throws Exception {
    long id = openConversation();
    long first = post(entry(visitor, id, "one", null)).message().id();
    long elsewhere = post(entry(agent, openConversation("2"), "one", null)).message().id();
    assertThat(post(reply(id, first)).message().replyTo()).isEqualTo(first);
    assertRefused("bad_parameter", reply(id, elsewhere));
    assertRefused("bad_parameter", reply(id, Long.MAX_VALUE));
    assertThat(everything(id)).last().extracting(Message::replyTo).isEqualTo(first);
  }

  /**
   * It read the whole conversation for each send, and on H2 again once each of many conversations
   * had one message and H2 had looked at them.
   */
  @Test
  void what_a_send_and_a_read_look_for_is_found_by_its_index() throws Exception {
    int many = 2_500;
    try (Connection connection = dataSource().getConnection()) {
      oneMessageEach(connection, many);
    }
    long id = openConversation();
    List<CompletableFuture<Posted>> all = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      CompletableFuture<Posted> promise = new CompletableFuture<>();
      all.add(promise);
      journal.submit(entry(visitor, id, "m", "c" + i), promise);
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    try (Connection connection = dataSource().getConnection()) {
      if (connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
        connection.createStatement().execute("analyze");
      }
      assertThat(plan(connection, AppendStatements.LOCK, new Object[] {id}))
          .doesNotContain("seq scan")
          .doesNotContain("tablescan");
      Object[] texts = {"c7"};
      assertThat(plan(connection, AppendStatements.SENT_BEFORE, new Object[] {id}, texts, texts))
          .contains("message_sent_once");
      String after = "select * from message where conversation_id = any(?) and seq > 2000";
      assertThat(plan(connection, after, new Object[] {id})).contains("message_seq");
    }
  }

  private static void oneMessageEach(Connection connection, int many) throws SQLException {
    String now = ", timestamp with time zone '2026-11-27 09:00:00+00'";
    long before = -System.nanoTime();
    try (Statement statement = connection.createStatement()) {
      for (int i = 1; i <= many; i++) {
        statement.addBatch(
            "insert into conversation (id, shop_id, visitor_id, status, head, created_at, updated_at)"
                + " values (%d, 'demo', 'v%d', 'closed', 1%s%s)"
                    .formatted(before - i, i, now, now));
        statement.addBatch(
            "insert into message (id, conversation_id, seq, sender_id, sender_role, content,"
                + " message_type, client_msg_id, created_at)"
                + " values (%d, %d, 1, 'v%d', 'visitor', 'm', 'text', 'c', %s)"
                    .formatted(before - i, before - i, i, now.substring(2)));
      }
      statement.executeBatch();
    }
  }

  /** {@code arrays}: first of numbers, then of texts. */
  private static String plan(Connection connection, String statement, Object[]... arrays)
      throws SQLException {
    try (PreparedStatement explained = connection.prepareStatement("explain " + statement)) {
      for (int i = 0; i < arrays.length; i++) {
        String type = i == 0 ? "bigint" : "varchar";
        explained.setArray(i + 1, connection.createArrayOf(type, arrays[i]));
      }
      StringBuilder plan = new StringBuilder();
      try (ResultSet row = explained.executeQuery()) {
        while (row.next()) {
          plan.append(row.getString(1)).append('\n');
        }
      }
      return plan.toString().toLowerCase(Locale.ROOT);
    }
  }

  private MessageStore.Entry reply(long conversation, long to) {
    return new MessageStore.Entry(visitor, new Draft(conversation, "re", null, null, to));
  }

  @Test
  void one_refused_entry_takes_none_of_its_neighbours_down() throws Exception {
    long id = openConversation();
    CompletableFuture<Posted> good = new CompletableFuture<>();
    CompletableFuture<Posted> stranger = new CompletableFuture<>();
    CompletableFuture<Posted> alsoGood = new CompletableFuture<>();
    journal.submit(entry(visitor, id, "one", null), good);
    journal.submit(entry(caller("x", "other", Role.AGENT), id, "let me in", null), stranger);
    journal.submit(entry(visitor, id, "two", null), alsoGood);
    assertThat(good.get(10, TimeUnit.SECONDS).message().seq()).isEqualTo(1);
    assertThat(alsoGood.get(10, TimeUnit.SECONDS).message().seq()).isEqualTo(2);
    assertThatThrownBy(() -> stranger.get(10, TimeUnit.SECONDS)).cause().hasMessage("not_found");
  }

  @Test
  void a_closed_conversation_refuses_what_is_new_and_acknowledges_what_it_has() throws Exception {
    long id = openConversation();
    post(entry(visitor, id, "before", "b"));
    conversations.close(agent, id);
    assertRefused("session_closed", entry(visitor, id, "after", "a"));
    assertThat(post(entry(visitor, id, "before", "b")).duplicate()).isTrue();
    conversations.reopen(agent, id);
    assertThat(post(entry(visitor, id, "after", "a")).message().seq()).isEqualTo(2);
  }

  @Test
  void text_comes_back_as_it_went_in() throws Exception {
    long id = openConversation();
    for (String text :
        List.of(
            "😀".repeat(1024), "é\u0301👨‍👩‍👧", "<b>&amp;</b>\n\t'\"\\", "\u202Ertl", "\uFFFF")) {
      assertThat(post(entry(visitor, id, text, null)).message().content()).isEqualTo(text);
      assertThat(everything(id)).last().extracting(Message::content).isEqualTo(text);
    }
  }

  @Test
  void marks_rise_and_never_go_back_and_only_others_count() throws Exception {
    long id = openConversation();
    post(entry(visitor, id, "one", null));
    post(entry(visitor, id, "two", null));
    receipts.raise(visitor, id, null, 0, 2);
    assertThat(statuses(id)).containsExactly(MessageStatus.SENT, MessageStatus.SENT);
    assertThat(receipts.raise(agent, id, "c", 2, 0).delivered()).isEqualTo(2);
    assertThat(receipts.raise(agent, id, "c", 1, 0).delivered()).isNull();
    receipts.raise(agent, id, "d", 0, 1);
    assertThat(statuses(id)).containsExactly(MessageStatus.READ, MessageStatus.DELIVERED);
    assertThat(receipts.delivered(agent, id, "d")).contains(1L);
    assertThat(receipts.delivered(agent, id, "unknown")).contains(2L);
  }

  @Test
  void two_that_open_at_once_get_the_same_conversation() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<CompletableFuture<Long>> opened = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        opened.add(CompletableFuture.supplyAsync(() -> openConversation(), threads));
      }
      assertThat(opened.stream().map(CompletableFuture::join).distinct()).hasSize(1);
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void the_list_counts_what_others_wrote_and_is_not_read() throws Exception {
    long id = openConversation();
    post(entry(visitor, id, "one", null));
    post(entry(visitor, id, "two", null));
    post(entry(agent, id, "three", null));
    receipts.raise(agent, id, null, 0, 1);
    ConversationStore.Listed listed =
        conversations.list(agent, true).stream()
            .filter(one -> one.conversation().id() == id)
            .findFirst()
            .orElseThrow();
    assertThat(listed.unread()).isEqualTo(1);
    assertThat(listed.lastMessage().content()).isEqualTo("three");
    assertThat(conversations.heads(List.of(id, -1L))).isEqualTo(Map.of(id, 3L));
  }

  @Test
  void a_full_journal_says_so_and_stores_nothing() throws Exception {
    long id = openConversation();
    try (Journal<MessageStore.Entry, Posted> small = journal(1)) {
      int refused = 0;
      List<CompletableFuture<Posted>> taken = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        CompletableFuture<Posted> promise = new CompletableFuture<>();
        try {
          small.submit(entry(visitor, id, "m" + i, null), promise);
          taken.add(promise);
        } catch (ChatException full) {
          assertThat(full).hasMessage("unavailable");
          refused++;
        }
      }
      for (CompletableFuture<Posted> promise : taken) {
        promise.get(10, TimeUnit.SECONDS);
      }
      assertThat(refused).isPositive();
      assertThat(everything(id)).hasSize(500 - refused);
    }
  }

  @Test
  void the_epoch_stays_over_a_restart() throws Exception {
    String epoch = database.epoch();
    try (Database again = new Database(dataSource(), true, null)) {
      assertThat(again.epoch()).isEqualTo(epoch);
    }
  }

  private Journal<MessageStore.Entry, Posted> journal(int capacity) {
    return new Journal<>(
        database, messages::append, capacity, BATCH, System::nanoTime, Thread::new);
  }

  private long openConversation() {
    return openConversation("");
  }

  private long openConversation(String which) {
    String visitorId = visitor.userId() + which;
    return conversations.open("demo", visitorId, null, null).conversation().id();
  }

  private Posted post(MessageStore.Entry entry) throws Exception {
    CompletableFuture<Posted> promise = new CompletableFuture<>();
    journal.submit(entry, promise);
    return promise.get(10, TimeUnit.SECONDS);
  }

  private void assertRefused(String code, MessageStore.Entry entry) {
    assertThatThrownBy(() -> post(entry))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessage(code);
  }

  private List<Message> everything(long id) {
    return messages.after(id, 0, 10_000);
  }

  private List<MessageStatus> statuses(long id) {
    return everything(id).stream().map(Message::status).toList();
  }

  private static MessageStore.Entry entry(
      Caller sender, long conversation, String content, String clientMsgId) {
    return new MessageStore.Entry(
        sender, new Draft(conversation, content, clientMsgId, null, null));
  }

  private static Caller caller(String user, String shop, Role role) {
    return new Caller(user, shop, role, null, Instant.MIN, null, Instant.MAX);
  }
}
