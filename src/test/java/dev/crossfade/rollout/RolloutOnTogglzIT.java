package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.rollout.toggle.CrossfadeFeature;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.store.Database;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The toggle over a real database, and the traps of Togglz that it goes around. */
class RolloutOnTogglzIT {

  private static final Client CLIENT = new Client("abc", "demo");

  @TempDir Path folder;
  private JdbcConnectionPool pool;
  private Database database;
  private Rollout rollout;

  @BeforeEach
  void open() {
    pool =
        JdbcConnectionPool.create(
            "jdbc:h2:file:" + folder.resolve("toggle") + ";WRITE_DELAY=0", "sa", "");
    database = new Database(pool, false, null);
    rollout = node();
    rollout.refresh();
  }

  @AfterEach
  void close() {
    database.close();
    pool.dispose();
  }

  @Test
  void switching_off_and_on_through_togglz_keeps_the_percentage() {
    rollout.change(percentage(2_500), 1, "ops");
    rollout.features().disable(CrossfadeFeature.WEBSOCKET);
    assertThat(rollout.serving()).isFalse();
    assertThat(rollout.features().getFeatureState(CrossfadeFeature.WEBSOCKET).isEnabled())
        .isFalse();
    rollout.features().enable(CrossfadeFeature.WEBSOCKET);
    assertThat(rollout.rule().basisPoints()).isEqualTo(2_500);
    assertThat(rollout.rule().enabled()).isTrue();
  }

  @Test
  void another_node_learns_of_a_change_with_its_next_look() {
    Rollout other = node();
    other.refresh();
    assertThat(other.choose(CLIENT).transport()).isEqualTo(Transport.POLLING);
    rollout.change(percentage(10_000), 1, "ops");
    other.refresh();
    assertThat(other.choose(CLIENT).transport()).isEqualTo(Transport.WEBSOCKET);
    rollout.kill("bad night", "ops");
    other.refresh();
    assertThat(other.serving()).isFalse();
  }

  @Test
  void of_two_who_change_the_same_revision_one_is_told_and_a_kill_always_wins() {
    Rollout other = node();
    other.refresh();
    rollout.change(percentage(100), 1, "ops");
    assertThatThrownBy(() -> other.change(percentage(200), 1, "late"))
        .isInstanceOf(ChatException.class)
        .hasMessage("stale_revision");
    assertThat(other.kill("now", "late").killed()).isTrue();
    assertThat(other.rule().basisPoints()).isEqualTo(100);
  }

  @Test
  void without_the_database_the_last_known_rule_stands_and_a_node_that_never_knew_one_polls() {
    rollout.change(percentage(10_000), 1, "ops");
    Rollout newcomer = node();
    database.close();
    rollout.refresh();
    assertThat(rollout.choose(CLIENT).transport()).isEqualTo(Transport.WEBSOCKET);
    newcomer.refresh();
    assertThat(newcomer.choose(CLIENT))
        .isEqualTo(TransportChoice.polling(TransportChoice.Reason.DISABLED, -1));
    database = new Database(pool, false, null);
  }

  @Test
  void the_audit_log_shows_when_an_entry_was_altered() {
    rollout.change(percentage(100), 1, "ops");
    rollout.kill("bad night", "ops");
    List<Audited> newestFirst = rollout.audit(Long.MAX_VALUE, 10);
    assertThat(newestFirst)
        .extracting(Audited::action)
        .containsExactly("KILL", "CHANGE", "INSTALL");
    for (int i = 0; i < newestFirst.size(); i++) {
      Audited before = i + 1 < newestFirst.size() ? newestFirst.get(i + 1) : null;
      assertThat(AuditLog.holds(newestFirst.get(i), before)).isTrue();
    }
    Audited kill = newestFirst.get(0);
    Audited altered =
        new Audited(
            kill.seq(),
            kill.at(),
            "somebody else",
            kill.action(),
            kill.from(),
            kill.to(),
            kill.reason(),
            kill.refused(),
            kill.evidence(),
            kill.prevHash(),
            kill.hash());
    assertThat(AuditLog.holds(altered, newestFirst.get(1))).isFalse();
  }

  private Rollout node() {
    Clock clock = Clock.systemUTC();
    LocalKill localKill = new LocalKill(folder, () -> false);
    return new Rollout(new ToggleTable(database), new Fallbacks(clock), localKill, clock);
  }

  private static Change percentage(int basisPoints) {
    return Change.because("because").basisPoints(basisPoints);
  }
}
