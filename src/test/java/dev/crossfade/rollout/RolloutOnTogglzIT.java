package dev.crossfade.rollout;

import static dev.crossfade.rollout.toggle.CrossfadeFeature.GATE_WATCH_ONLY;
import static dev.crossfade.rollout.toggle.CrossfadeFeature.KILL;
import static dev.crossfade.rollout.toggle.CrossfadeFeature.LOCAL_KILL;
import static dev.crossfade.rollout.toggle.CrossfadeFeature.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.rollout.toggle.ClientUser;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.rollout.toggle.PercentStrategy;
import dev.crossfade.store.Database;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.wire.RuleJson;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.togglz.core.context.FeatureContext;
import org.togglz.core.manager.FeatureManager;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.user.SimpleFeatureUser;
import org.togglz.core.util.NamedFeature;

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
    rollout.features().disable(WEBSOCKET);
    assertThat(rollout.serving()).isFalse();
    assertThat(rollout.features().getFeatureState(WEBSOCKET).isEnabled()).isFalse();
    rollout.features().enable(WEBSOCKET);
    assertThat(rollout.rule().basisPoints()).isEqualTo(2_500);
    assertThat(rollout.rule().enabled()).isTrue();
  }

  @Test
  void the_decision_and_togglz_agree_for_every_client_at_every_percentage() {
    for (int points : new int[] {0, 2_500, 10_000}) {
      rollout.change(percentage(points), rollout.rule().revision(), "ops");
      for (int i = 0; i < 200; i++) {
        Client client = new Client("client-" + i, "demo");
        boolean socket = rollout.choose(client).transport() == Transport.WEBSOCKET;
        FeatureManager asked = rollout.features().as(new ClientUser(client));
        assertThat(asked.isActive(WEBSOCKET)).as(client + " at " + points).isEqualTo(socket);
      }
    }
    assertThat(rollout.features().isActive(WEBSOCKET)).as("nobody is asked for").isFalse();
  }

  @Test
  void what_a_user_says_of_itself_counts_for_togglz_as_it_does_for_us() {
    Change only = percentage(10_000).cohort("version>=2;platform=web").deny(Set.of("demo"), null);
    rollout.change(only, 1, "ops");
    assertThat(rollout.features().as(user("a", "other", "2.1", "web")).isActive(WEBSOCKET))
        .isTrue();
    assertThat(rollout.features().as(user("a", "other", "1.9", "web")).isActive(WEBSOCKET))
        .isFalse();
    assertThat(rollout.features().as(user("a", "other", "2.1", "ios")).isActive(WEBSOCKET))
        .isFalse();
    assertThat(rollout.features().as(user("a", "demo", "2.1", "web")).isActive(WEBSOCKET))
        .isFalse();
  }

  @Test
  void a_fallback_and_a_kill_of_this_node_are_seen_by_togglz_too() throws Exception {
    rollout.change(percentage(10_000), 1, "ops");
    FeatureManager asked = rollout.features().as(new ClientUser(CLIENT));
    assertThat(asked.isActive(WEBSOCKET)).isTrue();
    rollout.fallbacks().report("abc", "fallback", "timeout");
    assertThat(asked.isActive(WEBSOCKET)).isFalse();
    rollout.fallbacks().report("abc", "recovered", null);
    Path file = Files.createFile(folder.resolve(LocalKill.FILE));
    rollout.lookLocally();
    assertThat(asked.isActive(WEBSOCKET)).isFalse();
    assertThat(asked.isActive(LOCAL_KILL)).isTrue();
    assertThat(asked.isActive(KILL)).as("the others go on").isFalse();
    Files.delete(file);
    rollout.lookLocally();
    assertThat(asked.isActive(WEBSOCKET)).isTrue();
  }

  @Test
  void a_percentage_written_through_togglz_is_a_persons_change_paused_and_audited() {
    Change plan = Change.because("because").plan(Plan.parse("p;1/0/1;50/0/1"));
    rollout.plan(plan, 1, "ops", "PLAN");
    rollout.plan(Change.because("go").move(Progress.Move.START), 2, "ops", "START");
    Change excluded = Change.because("because").deny(Set.of("demo"), Set.of());
    rollout.store().decided(excluded, 3, "EXCLUDE_SHOP", null);
    rollout
        .features()
        .as(new SimpleFeatureUser("li"))
        .setFeatureState(percentageThroughTogglz("25"));
    Rule rule = rollout.rule();
    assertThat(rule.basisPoints()).isEqualTo(2_500);
    assertThat(rule.progress().state()).isEqualTo(Progress.State.PAUSED);
    assertThat(rule.denyShops()).as("what was not named stays").containsExactly("demo");
    Audited entry = rollout.audit(Long.MAX_VALUE, 1).get(0);
    assertThat(entry.actor()).isEqualTo("li");
    assertThat(entry.action()).isEqualTo("CHANGE");
    assertThat(entry.from()).contains("\"percentage\":1.00");
    assertThat(entry.to()).contains("\"percentage\":25.00");
  }

  @Test
  void a_state_that_was_read_and_changed_is_carried_out_whole_or_refused_as_outdated() {
    rollout.change(percentage(100).deny(Set.of("demo"), null), 1, "ops");
    FeatureState mine = rollout.features().getFeatureState(WEBSOCKET);
    FeatureState stale = rollout.features().getFeatureState(WEBSOCKET);
    mine.setParameter("deny_shops", null)
        .setParameter("bucket_by", "shop")
        .setParameter("allow_clients", "a,b")
        .setParameter("cohort", "platform=web")
        .setParameter("ceiling", "40")
        .setParameter("plan", "p;1/0/1;20/0/1")
        .setParameter("reason", "because I say so");
    rollout.features().setFeatureState(mine);
    Rule rule = rollout.rule();
    assertThat(rule.denyShops()).isEmpty();
    assertThat(rule.bucketBy()).isEqualTo("shop");
    assertThat(rule.allowClients()).containsExactlyInAnyOrder("a", "b");
    assertThat(rule.cohort().text()).isEqualTo("platform=web");
    assertThat(rule.ceiling()).isEqualTo(4_000);
    assertThat(rule.progress().plan().text()).isEqualTo("p;1/0/1;20/0/1");
    assertThat(rule.reason()).isEqualTo("because I say so");
    assertThat(rule.updatedBy()).isEqualTo("togglz");
    assertRefused(stale.setParameter("percentage", "50"), "Somebody else");
    FeatureState same = rollout.features().getFeatureState(WEBSOCKET);
    rollout.features().setFeatureState(same);
    assertThat(rollout.rule().revision()).as("nothing differs").isEqualTo(rule.revision());
  }

  @Test
  void what_cannot_be_carried_out_in_full_is_refused_aloud_and_audited() {
    rollout.change(percentage(100), 1, "ops");
    assertRefused(new FeatureState(WEBSOCKET, true), "everybody");
    assertRefused(new FeatureState(WEBSOCKET, true).setStrategyId("gradual"), "everybody");
    assertRefused(percentageThroughTogglz("101"), "percentage");
    assertRefused(percentageThroughTogglz("many"), "percentage");
    assertRefused(percentageThroughTogglz("5").setParameter("deny_shops", "nowhere"), "nowhere");
    assertRefused(percentageThroughTogglz("5").setParameter("killed", "true"), "killed");
    assertRefused(percentageThroughTogglz("5").setParameter("revision", "x"), "revision");
    assertRefused(percentageThroughTogglz("5").setParameter("colour", "red"), "colour");
    assertRefused(new FeatureState(LOCAL_KILL, true), "one node");
    assertRefused(new FeatureState(KILL, true).setStrategyId(PercentStrategy.ID), "KILL");
    assertRefused(new FeatureState(new NamedFeature("OTHER"), true), "OTHER");
    FeatureState shared = rollout.features().getFeatureState(WEBSOCKET);
    shared.setParameter("percentage", "99");
    assertThat(rollout.rule().basisPoints()).as("a copy was changed").isEqualTo(100);
  }

  @Test
  void the_kill_and_the_gates_watching_are_features_and_a_kill_is_lifted_with_a_percentage() {
    rollout.change(percentage(100), 1, "ops");
    FeatureManager features = rollout.features();
    features.enable(KILL);
    assertThat(rollout.rule().killed()).isTrue();
    assertThat(rollout.audit(Long.MAX_VALUE, 1).get(0).action()).isEqualTo("KILL");
    assertThat(features.isActive(KILL)).isTrue();
    assertRefused(new FeatureState(KILL, false), "unkill");
    rollout.unkill("mended", 50, rollout.rule().revision(), "ops");
    assertThat(features.isActive(KILL)).isFalse();
    features.enable(GATE_WATCH_ONLY);
    assertThat(rollout.rule().watchOnly()).isTrue();
    features.disable(GATE_WATCH_ONLY);
    assertThat(rollout.rule().watchOnly()).isFalse();
  }

  @Test
  void togglz_finds_the_manager_of_its_application_until_that_goes() throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader one = new URLClassLoader(new URL[0], before);
        URLClassLoader two = new URLClassLoader(new URL[0], before)) {
      Thread.currentThread().setContextClassLoader(one);
      AutoCloseable published = rollout.features().publish();
      assertThat(FeatureContext.getFeatureManager()).isSameAs(rollout.features());
      Thread.currentThread().setContextClassLoader(two);
      assertThat(FeatureContext.getFeatureManagerOrNull()).as("another application").isNull();
      Thread.currentThread().setContextClassLoader(one);
      published.close();
      assertThat(FeatureContext.getFeatureManagerOrNull()).isNull();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static SimpleFeatureUser user(String id, String shop, String version, String platform) {
    return new SimpleFeatureUser(id)
        .setAttribute(ClientUser.SHOP, shop)
        .setAttribute(ClientUser.VERSION, version)
        .setAttribute(ClientUser.PLATFORM, platform);
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
    return new Rollout(
        new ToggleTable(database),
        new Fallbacks(clock),
        localKill,
        clock,
        System::nanoTime,
        "demo"::equals,
        RuleJson::text,
        rule -> {});
  }

  private static FeatureState percentageThroughTogglz(String percentage) {
    return new FeatureState(WEBSOCKET, true)
        .setStrategyId(PercentStrategy.ID)
        .setParameter("percentage", percentage);
  }

  private void assertRefused(FeatureState state, String why) {
    long revision = rollout.rule().revision();
    assertThatThrownBy(() -> rollout.features().setFeatureState(state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
    assertThat(rollout.rule().revision()).isEqualTo(revision);
    assertThat(rollout.audit(Long.MAX_VALUE, 1).get(0).refused()).isNotNull();
  }

  private static Change percentage(int basisPoints) {
    return Change.because("because").basisPoints(basisPoints);
  }
}
