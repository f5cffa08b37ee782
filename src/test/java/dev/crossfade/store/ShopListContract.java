package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Role;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The list that staff share is the one that each would have read. One line per database. */
abstract class ShopListContract {

  private static final List<Boolean> FILTERS = Arrays.asList(null, true, false);

  private final String shop = "s-" + UUID.randomUUID();

  /** One of them has a visitor's id: the list tells who wrote and read by the id alone. */
  private final List<Caller> staff =
      List.of(
          caller("ann", Role.AGENT), caller("bob", Role.ADMIN), caller("visitor-0", Role.AGENT));

  private final List<Caller> visitors =
      List.of(
          caller("visitor-0", Role.VISITOR),
          caller("visitor-1", Role.VISITOR),
          caller("visitor-2", Role.VISITOR),
          caller("visitor-3", Role.VISITOR));

  private Database database;
  private ConversationStore conversations;
  private ReceiptStore receipts;
  private NoteStore notes;
  private Journal<MessageStore.Entry, Posted> journal;
  private final Map<Boolean, ShopList> last = new HashMap<>();

  abstract DataSource dataSource() throws Exception;

  @BeforeEach
  void open() throws Exception {
    database = new Database(dataSource(), false, null);
    conversations = new ConversationStore(database, Clock.systemUTC());
    receipts = new ReceiptStore(database, Clock.systemUTC());
    notes = new NoteStore(database, Clock.systemUTC());
    journal =
        new Journal<>(
            database,
            new MessageStore(database, Clock.systemUTC())::append,
            10_000,
            100,
            System::nanoTime,
            Thread::new);
  }

  @AfterEach
  void close() {
    journal.close();
    database.close();
  }

  @Test
  void after_any_changes_each_sees_exactly_what_a_query_of_their_own_answers() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      // None, one and several messages between two reads are three different ways.
      for (int i = random.nextInt(6); i > 0; i--) {
        change(random);
      }
      Boolean open = FILTERS.get(random.nextInt(FILTERS.size()));
      same(open, "seed " + seed + ", round " + round);
    }
    assertThat(last.get(null).of(staff.get(0))).hasSizeGreaterThan(visitors.size());
    assertThat(last.get(null).of(staff.get(0))).anyMatch(one -> one.unread() > 0);
  }

  @Test
  void reads_while_others_write_leave_nothing_wrong_behind() throws Exception {
    long seed = System.nanoTime();
    ExecutorService writers = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> writing = new ArrayList<>();
      for (int w = 0; w < 4; w++) {
        Random random = new Random(seed + w);
        writing.add(
            writers.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    try {
                      change(random);
                    } catch (ChatException closedOrOpenedMeanwhile) {
                      assertThat(closedOrOpenedMeanwhile).hasMessage("unavailable");
                    }
                  }
                  return null;
                }));
      }
      int reads = 0;
      while (reads++ < 3 || writing.stream().anyMatch(one -> !one.isDone())) {
        for (Boolean open : FILTERS) {
          for (ConversationStore.Listed one : read(open).of(staff.get(0))) {
            assertThat(one.unread()).as("seed " + seed).isBetween(0L, one.conversation().head());
          }
        }
      }
      for (Future<?> one : writing) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      writers.shutdown();
    }
    for (Boolean open : FILTERS) {
      same(open, "seed " + seed);
    }
  }

  @Test
  void more_than_a_list_holds_are_cut_at_the_same_place() {
    for (int i = 0; i < ConversationStore.MAX_LISTED + 5; i++) {
      conversations.open(shop, "many-" + i, null, null);
    }
    same(true, "many");
    assertThat(last.get(true).of(staff.get(0))).hasSize(ConversationStore.MAX_LISTED);
  }

  private ShopList read(Boolean open) {
    ShopList list = conversations.shopList(shop, open, last.getOrDefault(open, ShopList.EMPTY));
    last.put(open, list);
    return list;
  }

  private void same(Boolean open, String when) {
    ShopList shared = read(open);
    for (Caller one : staff) {
      assertThat(shared.of(one))
          .as(when + ", open " + open + ", " + one.userId())
          .isEqualTo(conversations.list(one, open));
    }
  }

  private void change(Random random) throws Exception {
    Caller visitor = visitors.get(random.nextInt(visitors.size()));
    Caller agent = staff.get(random.nextInt(staff.size()));
    Caller someone = random.nextBoolean() ? visitor : agent;
    long id = conversations.open(shop, visitor.userId(), null, null).conversation().id();
    switch (random.nextInt(10)) {
      case 0 -> conversations.close(agent, id);
      case 1 -> conversations.assign(agent, id, agent.userId());
      case 2 -> notes.add(agent, id, "a note");
      case 3, 4 -> mark(random, someone, id);
      default -> post(someone, id);
    }
  }

  private void mark(Random random, Caller reader, long id) {
    long head = conversations.find(id).orElseThrow().head();
    String client = random.nextBoolean() ? null : "c" + random.nextInt(3);
    long seq = random.nextLong(head + 1);
    receipts.raise(reader, id, client, seq, random.nextBoolean() ? seq : 0);
  }

  private void post(Caller sender, long id) throws Exception {
    CompletableFuture<Posted> promise = new CompletableFuture<>();
    journal.submit(
        new MessageStore.Entry(sender, new Draft(id, "hello", null, null, null)), promise);
    try {
      Posted posted = promise.get(10, TimeUnit.SECONDS);
      assertThat(posted.visitorId()).isEqualTo(conversations.find(id).orElseThrow().visitorId());
    } catch (ExecutionException refused) {
      assertThat(refused).cause().hasMessage("session_closed");
    }
  }

  private Caller caller(String user, Role role) {
    return new Caller(user, shop, role, null, Instant.MIN, null, Instant.MAX);
  }
}
