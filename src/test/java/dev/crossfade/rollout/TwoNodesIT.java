package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.rollout.gate.Evidence;
import dev.crossfade.rollout.gate.NodeFigures;
import dev.crossfade.rollout.gate.Reports;
import dev.crossfade.rollout.gate.Verdict;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.store.Database;
import dev.crossfade.store.RolloutNodes;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.support.PostgreSql;
import dev.crossfade.wire.FindingsJson;
import dev.crossfade.wire.RuleJson;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes on one database, both changing the rule ten times a second. */
class TwoNodesIT {

  private static final int FLIPS = 60;
  private static final long EVERY_MILLIS = 100;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void both_flip_and_there_is_one_order_and_nothing_is_lost(String store) throws Exception {
    try (HikariDataSource pool = pool(store);
        Database database = new Database(pool, false, null)) {
      ToggleTable table = new ToggleTable(database);
      Rollout first = node(table);
      Rollout second = node(table);
      var clock = Executors.newScheduledThreadPool(2);
      var people = Executors.newFixedThreadPool(2);
      // As the application does it.
      clock.scheduleAtFixedRate(first::refresh, 0, 1, TimeUnit.SECONDS);
      clock.scheduleAtFixedRate(second::refresh, 300, 1_000, TimeUnit.MILLISECONDS);
      first.refresh();
      second.refresh();
      List<Future<Integer>> flips =
          people.invokeAll(List.of(flipping(first, "one"), flipping(second, "two")));
      int changed = flips.get(0).get() + flips.get(1).get();
      long ended = System.nanoTime();
      while (first.rule().revision() != second.rule().revision()) {
        assertThat(System.nanoTime() - ended).isLessThan(TimeUnit.SECONDS.toNanos(2));
        TimeUnit.MILLISECONDS.sleep(10);
      }
      people.shutdownNow();
      clock.shutdownNow();
      clock.awaitTermination(10, TimeUnit.SECONDS);

      assertThat(changed).isPositive();
      assertThat(first.rule()).isEqualTo(second.rule());
      assertThat(first.rule().revision()).as("one revision a change").isEqualTo(1L + changed);
      List<Audited> log = table.entriesAfter(0, 10_000);
      assertThat(log).filteredOn(entry -> entry.refused() != null).hasSize(2 * FLIPS - changed);
      List<Audited> done = log.stream().filter(entry -> entry.refused() == null).toList();
      for (int i = 1; i < done.size(); i++) {
        assertThat(done.get(i).from())
            .as("built on the one before")
            .isEqualTo(done.get(i - 1).to());
      }
      assertThat(AuditLog.verify(table).brokenAt()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void two_guards_come_to_one_decision(String store) throws Exception {
    try (HikariDataSource pool = pool(store);
        Database database = new Database(pool, false, null)) {
      ToggleTable table = new ToggleTable(database);
      Rollout first = node(table);
      Rollout second = node(table);
      first.refresh();
      first.plan(because().plan(Plan.parse("p;1/0/5;5/60/5")), 1, "ops", "PLAN");
      first.plan(because().move(Progress.Move.START), 2, "ops", "START");
      second.refresh();
      // Each sees half of what fails.
      Autopilot one = autopilot(first, database, "a");
      Autopilot two = autopilot(second, database, "b");
      fail(first, 5);
      one.tick();
      assertThat(first.rule().basisPoints()).as("five are not enough").isEqualTo(100);
      assertThat(one.worstShops(5))
          .containsExactly(new Evidence.ShopFailures("demo", 5, one.worstShops(5).get(0).of()));
      fail(second, 5);
      two.tick();
      assertThat(second.rule().basisPoints()).as("the other one decides").isEqualTo(100);
      assertThat(two.verdict().kind()).isEqualTo(Verdict.Kind.STEP_BACK);
      one.tick();
      assertThat(first.rule().basisPoints()).isZero();
      two.tick();
      second.refresh();
      assertThat(second.rule()).isEqualTo(first.rule());
      assertThat(table.entriesAfter(0, 100))
          .extracting(Audited::action)
          .containsExactly("INSTALL", "PLAN", "START", "STEP_BACK");
      assertThat(table.entriesAfter(3, 1).get(0).evidence()).contains("\"handshake\"");
    }
  }

  /** Seen at a stop: both inserted the row of a node that had just started, and one failed. */
  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void a_stop_meets_the_first_report_of_a_node_that_has_just_started(String store)
      throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(2);
    try (HikariDataSource pool = pool(store);
        Database database = new Database(pool, false, null)) {
      Rollout node = node(new ToggleTable(database));
      node.refresh();
      for (int i = 0; i < 50; i++) {
        Autopilot autopilot = autopilot(node, database, "n" + i);
        CyclicBarrier together = new CyclicBarrier(2);
        Future<?> leaves = workers.submit(() -> together.await() >= 0 ? left(autopilot) : null);
        together.await();
        autopilot.tick();
        leaves.get();
        autopilot.tick();
      }
      List<String> reports = new RolloutNodes(database).reports();
      assertThat(reports).hasSize(50).allMatch(report -> report.contains("\"leaving\":true"));
    } finally {
      workers.shutdownNow();
    }
  }

  private static Autopilot left(Autopilot autopilot) {
    autopilot.leave();
    return autopilot;
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void a_gate_that_only_watches_says_what_it_would_do_and_does_nothing(String store)
      throws Exception {
    try (HikariDataSource pool = pool(store);
        Database database = new Database(pool, false, null)) {
      Rollout node = node(new ToggleTable(database));
      node.refresh();
      node.plan(because().plan(Plan.parse("p;1/0/5;5/60/5")).watchOnly(true), 1, "ops", "PLAN");
      Rule started = node.plan(because().move(Progress.Move.START), 2, "ops", "START");
      List<Autopilot.Notice> notices = new ArrayList<>();
      Autopilot autopilot = autopilot(node, database, "a", notices);
      fail(node, 10);
      autopilot.tick();
      autopilot.tick();
      assertThat(node.rule()).isEqualTo(started);
      assertThat(notices).as("said once").hasSize(1);
      assertThat(notices.get(0).acted()).isFalse();
      assertThat(notices.get(0).verdict().kind()).isEqualTo(Verdict.Kind.STEP_BACK);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void an_entry_that_was_altered_or_taken_out_breaks_the_chain(String store) throws Exception {
    try (HikariDataSource pool = pool(store);
        Database database = new Database(pool, false, null)) {
      ToggleTable table = new ToggleTable(database);
      Rollout node = node(table);
      node.refresh();
      for (int i = 1; i <= 4; i++) {
        node.change(because().basisPoints(i), i, "ops");
      }
      AuditLog.Chain whole = AuditLog.verify(table);
      assertThat(whole.brokenAt()).isNull();
      assertThat(whole.entries()).isEqualTo(5);
      sql(pool, "update audit set actor = 'somebody else' where seq = 4");
      assertThat(AuditLog.verify(table).brokenAt()).isEqualTo(4);
      sql(pool, "delete from audit where seq = 2");
      assertThat(AuditLog.verify(table).brokenAt()).isEqualTo(3);
      sql(pool, "delete from audit where seq > 1");
      AuditLog.Chain cut = AuditLog.verify(table);
      assertThat(cut.brokenAt()).as("an end that is cut off is no break").isNull();
      assertThat(cut.head()).as("but another head").isNotEqualTo(whole.head());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void without_the_database_the_gate_holds_and_the_percentage_stands(String store)
      throws Exception {
    try (HikariDataSource pool = pool(store)) {
      pool.setConnectionTimeout(500);
      Database database = new Database(pool, false, null);
      Rollout node = node(new ToggleTable(database));
      node.refresh();
      node.change(because().basisPoints(2_500), 1, "ops");
      Autopilot autopilot = autopilot(node, database, "a");
      autopilot.tick();
      assertThat(autopilot.verdict().kind()).isEqualTo(Verdict.Kind.NONE);
      database.close();
      autopilot.tick();
      node.refresh();
      assertThat(autopilot.verdict().why().en()).isEqualTo("the database does not answer");
      assertThat(node.rule().basisPoints()).isEqualTo(2_500);
    }
  }

  private static void sql(HikariDataSource pool, String statement) throws Exception {
    try (var connection = pool.getConnection();
        var update = connection.createStatement()) {
      update.executeUpdate(statement);
    }
  }

  private static void fail(Rollout node, int clients) {
    int failed = 0;
    for (int i = 0; failed < clients; i++) {
      Client client = new Client("c" + node.hashCode() + "-" + i, "demo");
      if (Arm.of(node.rule(), client) == Arm.TREATED) {
        node.observations().identified(client, "u" + i, "127.0.0.1");
        node.observations().reported(client, "fallback", "timeout", null, "127.0.0.1");
        failed++;
      }
    }
  }

  private static Autopilot autopilot(Rollout node, Database database, String name) {
    return autopilot(node, database, name, new ArrayList<>());
  }

  private static Autopilot autopilot(
      Rollout node, Database database, String name, List<Autopilot.Notice> notices) {
    NodeFigures idle = new NodeFigures(0, 1_000, 0, 0, 1_000, 0.1, 0.1, 0.1, 0, 0, 0);
    Reports reports =
        new Reports(
            new RolloutNodes(database),
            node.observations(),
            List::of,
            () -> idle,
            name,
            Clock.systemUTC());
    return new Autopilot(
        node.store(), reports, Clock.systemUTC(), FindingsJson::text, notices::add);
  }

  private static Callable<Integer> flipping(Rollout node, String who) {
    return () -> {
      int changed = 0;
      for (int i = 0; i < FLIPS; i++) {
        long next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(EVERY_MILLIS);
        try {
          int points = i % 2 == 0 ? 10_000 : 0;
          node.change(because().basisPoints(points), node.rule().revision(), who);
          changed++;
        } catch (ChatException stale) {
          assertThat(stale.problem()).isEqualTo(Problem.STALE_REVISION);
          node.refresh();
        }
        TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
      }
      return changed;
    };
  }

  private HikariDataSource pool(String store) throws Exception {
    HikariDataSource pool = new HikariDataSource();
    pool.setMaximumPoolSize(8);
    // By name: the undeployment of another test may have deregistered drivers.
    if (store.equals("h2")) {
      pool.setDriverClassName("org.h2.Driver");
      pool.setJdbcUrl("jdbc:h2:file:" + folder.resolve("two") + ";WRITE_DELAY=0");
      pool.setUsername("sa");
      pool.setPassword("");
    } else {
      pool.setDriverClassName("org.postgresql.Driver");
      String name = "two_nodes_" + Long.toString(System.nanoTime(), 36);
      pool.setJdbcUrl(PostgreSql.create(name));
      pool.setUsername("postgres");
      pool.setPassword("postgres");
    }
    return pool;
  }

  private Rollout node(ToggleTable table) {
    Clock clock = Clock.systemUTC();
    return new Rollout(
        table,
        new Fallbacks(clock),
        new LocalKill(folder, () -> false),
        clock,
        System::nanoTime,
        shop -> true,
        RuleJson::text,
        rule -> {});
  }

  private static Change because() {
    return Change.because("test");
  }
}
