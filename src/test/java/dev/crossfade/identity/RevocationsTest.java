package dev.crossfade.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Role;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.RevocationStore.Revocation;
import dev.crossfade.support.HandClock;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes on one database whose clocks disagree. */
class RevocationsTest {

  private static final Instant NOON = Instant.parse("2026-11-27T12:00:00Z");

  @TempDir Path folder;
  private Stored stored;
  private RevocationStore store;

  @BeforeEach
  void open() {
    stored = new Stored(folder);
    store = new RevocationStore(stored.database);
  }

  @AfterEach
  void close() {
    stored.close();
  }

  @Test
  void a_revocation_by_a_node_whose_clock_is_an_hour_behind_is_known_to_all() {
    HandClock behind = new HandClock(NOON.minus(Duration.ofHours(1)));
    Revocations here = new Revocations(store, behind);
    Revocations there = new Revocations(store, new HandClock(NOON));
    AtomicInteger expelled = new AtomicInteger();
    there.watch(expelled::incrementAndGet);
    there.refresh();
    Caller caller = caller("lost", behind.instant());
    here.revoke("demo", "lost", null, "stolen", "admin");
    assertThat(here.revoked(caller)).isTrue();
    there.refresh();
    assertThat(there.revoked(caller)).isTrue();
    assertThat(expelled).hasValue(1);
    there.refresh();
    assertThat(expelled).as("only news").hasValue(1);
  }

  @Test
  void a_clock_that_jumped_ahead_and_came_back_has_missed_nothing() {
    HandClock clock = new HandClock(NOON);
    Revocations there = new Revocations(store, clock);
    clock.forward(Duration.ofDays(1));
    there.refresh();
    clock.forward(Duration.ofDays(-1));
    new Revocations(store, new HandClock(NOON)).revoke("demo", "lost", "jti-1", null, "admin");
    there.refresh();
    assertThat(there.revoked(caller("lost", NOON))).isTrue();
  }

  @Test
  void a_database_restored_to_an_earlier_revision_is_read_in_full_within_a_minute() {
    Revocations there = new Revocations(store, new HandClock(NOON));
    for (int i = 0; i < 1_100; i++) {
      store.save(new Revocation("demo", "user-" + i, null, NOON), null, "admin");
    }
    there.refresh();
    stored.database.inTransaction(
        session -> {
          session.createMutationQuery("delete from RevocationRow").executeUpdate();
          return session
              .createNativeMutationQuery("alter sequence revocation_order restart with 1")
              .executeUpdate();
        });
    store.save(new Revocation("demo", "lost", null, NOON), null, "admin");
    IntStream.range(0, 60).forEach(second -> there.refresh());
    assertThat(there.revoked(caller("lost", NOON))).isTrue();
  }

  private static Caller caller(String user, Instant issued) {
    return new Caller(user, "demo", Role.VISITOR, null, issued, "jti-1", NOON.plusSeconds(3_600));
  }
}
