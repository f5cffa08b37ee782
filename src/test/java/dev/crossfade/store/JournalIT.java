package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.BatchWriter.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.jdbcx.JdbcConnectionPool;
import org.hibernate.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More comes in than can be written: who is refused, when, and what becomes of the rest. */
class JournalIT {

  private static final int CAPACITY = 5;

  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong(1);
  private final Semaphore disk = new Semaphore(0);
  private final List<List<String>> batches = new CopyOnWriteArrayList<>();

  /** Rows that somebody else holds; the first letter of an entry names the one it needs. */
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  private JdbcConnectionPool pool;
  private Database database;
  private Journal<String, String> journal;

  @BeforeEach
  void open() {
    pool =
        JdbcConnectionPool.create("jdbc:h2:" + folder.resolve("db") + ";WRITE_DELAY=0", "sa", "");
    database = new Database(pool, true, null);
    journal = new Journal<>(database, this::write, CAPACITY, 3, nanos::get, Thread::new);
  }

  @AfterEach
  void close() {
    disk.release(1_000);
    journal.close();
    database.close();
    pool.dispose();
  }

  @Test
  void what_gathers_during_a_commit_is_the_next_one_in_the_order_it_came() {
    List<CompletableFuture<String>> promises = new ArrayList<>();
    List<String> settled = new CopyOnWriteArrayList<>();
    promises.add(submit("a", settled));
    await().until(() -> journal.waiting() == 0);
    for (String entry : List.of("b", "c", "d", "e")) {
      promises.add(submit(entry, settled));
    }
    disk.release(3);
    await().until(() -> settled.size() == 4);
    nanos.addAndGet(Journal.GATHER.toNanos());
    promises.forEach(CompletableFuture::join);
    assertThat(batches).containsExactly(List.of("a"), List.of("b", "c", "d"), List.of("e"));
    assertThat(settled).containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void what_comes_soon_after_a_commit_waits_for_company_and_a_lone_entry_does_not() {
    disk.release(2);
    List<String> settled = new CopyOnWriteArrayList<>();
    submit("a", settled).join();
    CompletableFuture<String> second = submit("b", settled);
    await().until(() -> journal.waiting() == 0);
    nanos.addAndGet(Journal.GATHER.toNanos() - 1);
    CompletableFuture<String> third = submit("c", settled);
    nanos.addAndGet(1);
    CompletableFuture.allOf(second, third).join();
    assertThat(batches).containsExactly(List.of("a"), List.of("b", "c"));

    nanos.addAndGet(Journal.GATHER.toNanos());
    disk.release();
    assertThat(submit("d", settled).join()).isEqualTo("d");
  }

  @Test
  void a_full_queue_refuses_and_says_when_to_come_back() {
    submit("a", new ArrayList<>());
    await().until(() -> journal.waiting() == 0);
    for (int n = 0; n < CAPACITY; n++) {
      submit("b" + n, new ArrayList<>());
    }
    assertRefused("too many");
    assertThat(journal.waiting()).isEqualTo(CAPACITY);
  }

  @Test
  void half_a_second_behind_it_refuses_at_once_and_takes_again_when_it_has_caught_up() {
    List<String> settled = new CopyOnWriteArrayList<>();
    submit("a", settled);
    await().until(() -> journal.waiting() == 0);
    CompletableFuture<String> waits = submit("b", settled);
    nanos.addAndGet(Journal.MAX_WAIT.toNanos());
    CompletableFuture<String> justInTime = submit("c", settled);
    nanos.addAndGet(1);
    assertRefused("too late");
    assertThat(journal.busyFor()).isEqualTo(Journal.MAX_WAIT.plusNanos(1));

    disk.release(2);
    assertThat(waits.join()).isEqualTo("b");
    assertThat(justInTime.join()).isEqualTo("c");
    nanos.addAndGet(Journal.GATHER.toNanos());
    disk.release();
    assertThat(submit("d", settled).join()).isEqualTo("d");
    assertThat(settled).containsExactly("a", "b", "c", "d");
  }

  @Test
  void what_was_taken_in_before_the_close_is_written_and_nothing_is_taken_after() throws Exception {
    CompletableFuture<String> first = submit("a", new ArrayList<>());
    await().until(() -> journal.waiting() == 0);
    CompletableFuture<String> second = submit("b", new ArrayList<>());
    CountDownLatch closed = new CountDownLatch(1);
    new Thread(
            () -> {
              journal.close();
              closed.countDown();
            })
        .start();
    disk.release(2);
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(first).isCompletedWithValue("a");
    assertThat(second).isCompletedWithValue("b");
    assertRefused("closed");
  }

  @Test
  void an_error_costs_its_batch_alone() {
    disk.release(1_000);
    assertThat(refusal(submit("!", new ArrayList<>()))).isEqualTo(Problem.UNAVAILABLE);
    CompletableFuture<String> next = submit("a", new ArrayList<>());
    passUntil(next);
    assertThat(next).isCompletedWithValue("a");
  }

  @Test
  void what_somebody_holds_comes_again_before_what_is_newer_and_holds_nobody_up() {
    held.add("x");
    disk.release(1_000);
    List<String> settled = new CopyOnWriteArrayList<>();
    CompletableFuture<String> first = submit("x1", settled);
    await().until(() -> batches.contains(List.of("x1")));
    CompletableFuture<String> other = submit("y1", settled);
    nanos.addAndGet(Journal.GATHER.toNanos());
    assertThat(other.join()).isEqualTo("y1");
    assertThat(first).isNotDone();
    CompletableFuture<String> second = submit("x2", settled);
    held.clear();
    passUntil(second);
    assertThat(settled).containsExactly("y1", "x1", "x2");
  }

  @Test
  void what_is_held_for_too_long_is_refused_and_so_is_what_would_be_too_many() {
    held.add("x");
    disk.release(1_000);
    CompletableFuture<String> first = submit("x0", new ArrayList<>());
    await().until(() -> batches.contains(List.of("x0")));
    for (int n = 1; n < CAPACITY; n++) {
      submit("x" + n, new ArrayList<>());
    }
    CompletableFuture<String> last = submit("x" + CAPACITY, new ArrayList<>());
    passUntil(last);
    assertThat(refusal(last)).isEqualTo(Problem.UNAVAILABLE);
    assertThat(first).isNotDone();
    nanos.addAndGet(Journal.ASIDE_AT_MOST.toNanos());
    assertThat(refusal(first)).isEqualTo(Problem.UNAVAILABLE);
    held.clear();
    CompletableFuture<String> again = submit("x0", new ArrayList<>());
    passUntil(again);
    assertThat(again).isCompletedWithValue("x0");
  }

  private void passUntil(CompletableFuture<String> done) {
    await()
        .until(
            () -> {
              nanos.addAndGet(Journal.GATHER.toNanos());
              return done.isDone();
            });
  }

  private static Problem refusal(CompletableFuture<String> promise) {
    return promise
        .handle((result, failure) -> ((ChatException) failure).problem())
        .orTimeout(10, TimeUnit.SECONDS)
        .join();
  }

  private CompletableFuture<String> submit(String entry, List<String> settled) {
    CompletableFuture<String> promise = new CompletableFuture<>();
    promise.thenAccept(settled::add);
    journal.submit(entry, promise);
    return promise;
  }

  private void assertRefused(String entry) {
    CompletableFuture<String> promise = new CompletableFuture<>();
    assertThatThrownBy(() -> journal.submit(entry, promise))
        .isInstanceOfSatisfying(
            ChatException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.UNAVAILABLE);
              assertThat(refusal.fields()).containsEntry("retry_after", 1);
            });
    assertThat(promise).isNotDone();
  }

  /** As slow as the test says. */
  private List<Outcome<String>> write(Session session, List<String> entries) {
    disk.acquireUninterruptibly();
    batches.add(List.copyOf(entries));
    if (entries.contains("!")) {
      throw new StackOverflowError();
    }
    return entries.stream()
        .map(
            entry ->
                held.contains(entry.substring(0, 1))
                    ? Outcome.<String>postponed()
                    : Outcome.of(entry))
        .toList();
  }
}
