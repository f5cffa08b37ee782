package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawHttp;
import dev.crossfade.support.Socket;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Attribute;
import javax.management.ObjectName;
import javax.management.Query;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Protocol sections 4 and 5: the percentage, from the outside. */
class RolloutIT {

  @TempDir static Path home;
  static CrossfadeServer server;
  static Api admin;
  static final AtomicLong ahead = new AtomicLong();

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).with(() -> System.nanoTime() + ahead.get()).start();
    admin = server.api().admin();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void zero() {
    unkill("0");
  }

  private static void unkill(String percentage) {
    long revision = revision();
    admin.post(
        "api/rollout/unkill",
        "{\"reason\":\"reset\",\"percentage\":" + percentage + ",\"revision\":" + revision + "}");
  }

  @Test
  void at_0_everyone_polls_and_at_100_everyone_who_asks_is_on_websocket() {
    for (int i = 0; i < 50; i++) {
      assertThat(choice("c" + i).get("transport").asText()).isEqualTo("polling");
    }
    admin.percentage("100");
    for (int i = 0; i < 50; i++) {
      assertThat(choice("c" + i).get("transport").asText()).isEqualTo("websocket");
    }
    JsonNode nobody = server.api().get("api/transport").body();
    assertThat(nobody.get("reason").asText()).isEqualTo("no_id");
  }

  /** The choice was by the new rule, and the percentage beside it that of the old one. */
  @Test
  void an_answer_is_of_one_rule_however_often_the_rule_changes() throws Exception {
    ExecutorService asking = Executors.newFixedThreadPool(4);
    AtomicBoolean changing = new AtomicBoolean(true);
    List<Future<Integer>> torn = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        String client = "torn-" + i;
        torn.add(asking.submit(() -> torn(client, changing)));
      }
      for (int i = 0; i < 150; i++) {
        admin.percentage(i % 2 == 0 ? "100" : "0");
      }
      changing.set(false);
      for (Future<Integer> one : torn) {
        assertThat(one.get(10, TimeUnit.SECONDS)).isZero();
      }
    } finally {
      changing.set(false);
      asking.shutdownNow();
    }
  }

  private static int torn(String client, AtomicBoolean changing) {
    int torn = 0;
    while (changing.get()) {
      JsonNode choice = choice(client);
      boolean websocket = choice.get("transport").asText().equals("websocket");
      torn += websocket == (choice.get("percentage").asDouble() > 0) ? 0 : 1;
    }
    return torn;
  }

  @Test
  void going_25_40_25_moves_nobody_below_25() {
    admin.percentage("25");
    Set<String> before = chosen();
    admin.percentage("40");
    Set<String> more = chosen();
    assertThat(more).containsAll(before).hasSizeGreaterThan(before.size());
    admin.percentage("25");
    assertThat(chosen()).isEqualTo(before);
  }

  @Test
  void a_change_needs_a_reason_the_current_revision_and_a_percentage_in_hundredths() {
    long revision = revision();
    for (String bad : new String[] {"-0.01", "100.01", "0.001", "1e9"}) {
      assertThat(admin.percentage(bad).code()).as(bad).isEqualTo("bad_parameter");
    }
    assertThat(put("{\"revision\":" + revision + ",\"percentage\":5}").code())
        .isEqualTo("missing_field");
    assertThat(put("{\"revision\":" + revision + ",\"percentage\":5,\"reason\":\" \"}").code())
        .isEqualTo("bad_parameter");
    assertThat(put("{\"revision\":" + revision + ",\"percentage\":\"5\",\"reason\":\"x\"}").code())
        .isEqualTo("bad_type");
    Answer stale = put("{\"revision\":" + (revision - 1) + ",\"percentage\":5,\"reason\":\"x\"}");
    assertThat(stale.code()).isEqualTo("stale_revision");
    assertThat(stale.body().get("revision").asLong()).isEqualTo(revision);
    assertThat(revision()).isEqualTo(revision);
    assertThat(server.api().agent().get("api/rollout").code()).isEqualTo("forbidden");
    assertThat(server.api().get("api/rollout").code()).isEqualTo("not_authenticated");
  }

  @Test
  void what_is_wrong_with_a_change_is_said_changes_nothing_and_is_audited() {
    long revision = revision();
    for (String bad :
        new String[] {
          "\"percentage\":-1",
          "\"percentage\":1e2",
          "\"percentage\":\"NaN\"",
          "\"percentage\":1.234",
          "\"ceiling\":101",
          "\"cohort\":\"version<4\"",
          "\"deny_shops\":[\"no-such-shop\"]",
          "\"allow_shops\":[\"no-such-shop\"]",
          "\"bucket_by\":\"moon\""
        }) {
      Answer answer = put("{\"revision\":" + revision + ",\"reason\":\"x\"," + bad + "}");
      assertThat(answer.status()).as(bad).isEqualTo(400);
      assertThat(answer.body().get("error").asText()).as(bad).isNotBlank();
      assertThat(newest().get("refused").asText()).as(bad).isEqualTo(answer.code());
    }
    for (String bad : new String[] {"p;5/1/1;1/1/1", "p;101/1/1", "nothing-of-the-kind", "p;"}) {
      Answer answer = plan(revision, bad);
      assertThat(answer.code()).as(bad).isEqualTo("bad_parameter");
      assertThat(newest().get("refused").asText()).as(bad).isEqualTo("bad_parameter");
    }
    assertThat(move("approve", revision).code()).isIn("bad_parameter", "missing_field");
    assertThat(move("fly", revision).code()).isEqualTo("not_found");
    assertThat(revision()).isEqualTo(revision);
    assertThat(admin.get("api/rollout/audit/verify").body().get("holds").asBoolean()).isTrue();
  }

  @Test
  void a_plan_is_laid_in_started_paused_by_a_persons_change_and_resumed_from_there() {
    assertThat(plan(revision(), "default").body().get("plan").get("state").asText())
        .isEqualTo("ready");
    JsonNode started = move("start", revision()).body();
    assertThat(started.get("percentage").asDouble()).isEqualTo(1);
    assertThat(started.get("plan").get("state").asText()).isEqualTo("running");
    admin.percentage("12");
    JsonNode paused = admin.get("api/rollout").body();
    assertThat(paused.get("plan").get("state").asText()).isEqualTo("paused");
    JsonNode resumed = move("resume", revision()).body();
    assertThat(resumed.get("percentage").asDouble()).isEqualTo(12);
    assertThat(resumed.get("plan").get("stage").asInt()).isEqualTo(2);
    assertThat(move("advance", revision()).body().get("percentage").asDouble()).isEqualTo(25);
    assertThat(move("step_back", revision()).body().get("percentage").asDouble()).isEqualTo(10);
    await()
        .until(
            () -> {
              JsonNode gate = admin.get("api/rollout/gate").body();
              return gate.path("verdict").asText().equals("hold")
                  && gate.get("signals").size() > 5
                  && gate.get("nodes").size() == 1
                  && !gate.get("sentence").asText().isBlank();
            });
  }

  @Test
  void one_node_is_killed_by_a_file_and_comes_back_when_it_is_gone() throws Exception {
    admin.percentage("100");
    Socket socket = Socket.as(server.api().visitor(), "filed");
    Path file = home.resolve("data").resolve("ws.kill");
    Files.createFile(file);
    try {
      await().until(() -> choice("x").get("reason").asText().equals("killed"));
      await()
          .atMost(Duration.ofSeconds(5))
          .until(
              () ->
                  socket.all("transport").stream()
                      .anyMatch(f -> f.get("use").asText().equals("polling")));
      assertThat(admin.get("api/rollout").body().get("killed").asBoolean())
          .as("the others go on")
          .isFalse();
      assertThat(admin.get("api/rollout/clients/x").body().get("sentence").asText())
          .contains("killed locally");
    } finally {
      Files.delete(file);
    }
    await().until(() -> choice("x").get("reason").asText().equals("in_percent"));
  }

  @Test
  void one_node_is_killed_through_jmx() throws Exception {
    admin.percentage("100");
    var jmx = ManagementFactory.getPlatformMBeanServer();
    String ours = home.resolve("data").resolve("ws.kill").toString();
    var name =
        jmx.queryNames(
                new ObjectName("dev.crossfade:type=LocalKill,*"),
                Query.eq(Query.attr("File"), Query.value(ours)))
            .iterator()
            .next();
    jmx.setAttribute(name, new Attribute("Killed", true));
    await().until(() -> choice("x").get("reason").asText().equals("killed"));
    jmx.setAttribute(name, new Attribute("Killed", false));
    await().until(() -> choice("x").get("reason").asText().equals("in_percent"));
  }

  @Test
  void a_cohort_takes_part_by_what_its_clients_say_on_every_way() {
    long revision = revision();
    put(
        "{\"revision\":"
            + revision
            + ",\"reason\":\"new ones\",\"percentage\":100,\"cohort\":\"version>=4.2\"}");
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    String poll = "api/messages?session_id=" + conversation + "&after=0&client_id=c";
    assertThat(visitor.get(poll).header("X-Crossfade-Transport")).isEqualTo("polling");
    assertThat(visitor.get(poll + "&version=4.10").header("X-Crossfade-Transport"))
        .isEqualTo("websocket");
    assertThat(choice("c&version=4.1").get("transport").asText()).isEqualTo("polling");
    assertThat(choice("c&version=4.2").get("transport").asText()).isEqualTo("websocket");
    put("{\"revision\":" + (revision + 1) + ",\"reason\":\"all\",\"cohort\":\"\"}");
  }

  @Test
  void who_was_told_to_poll_and_does_not_go_is_let_go() {
    admin.percentage("100");
    Socket deaf = Socket.as(server.api().visitor(), "deaf");
    Socket unasked = Socket.as(server.api().visitor(), null);
    admin.percentage("0");
    await().until(() -> deaf.all("transport").size() == 1);
    assertThat(deaf.all("transport").get(0).get("within_ms").asLong()).isEqualTo(10_000);
    pass(Duration.ofSeconds(19));
    assertThat(deaf.isClosed()).isFalse();
    pass(Duration.ofSeconds(11));
    assertThat(deaf.closeCode()).isEqualTo(4000);
    assertThat(unasked.isClosed()).as("it may have no other way").isFalse();
    unasked.close();
  }

  /** What was promised last counts: an older change of mind must not cut it short. */
  @Test
  void who_is_told_anew_has_its_time_anew() {
    admin.percentage("100");
    Socket deaf = Socket.as(server.api().visitor(), "deaf");
    admin.percentage("0");
    await().until(() -> deaf.all("transport").size() == 1);
    pass(Duration.ofSeconds(13));
    admin.percentage("100");
    admin.percentage("0");
    await().until(() -> deaf.all("transport").size() == 3);
    pass(Duration.ofSeconds(19));
    assertThat(deaf.isClosed()).as("told 19 s ago").isFalse();
    admin.percentage("100");
    await().until(() -> deaf.all("transport").size() == 4);
    pass(Duration.ofSeconds(20));
    assertThat(deaf.isClosed()).as("told to stay").isFalse();
    deaf.close();
  }

  @Test
  void a_kill_that_is_taken_back_in_time_closes_nobody() {
    admin.percentage("100");
    Socket steered = Socket.as(server.api().visitor(), "steered");
    Socket unasked = Socket.as(server.api().visitor(), null);
    for (int i = 0; i < 3; i++) {
      assertThat(admin.post("api/rollout/kill", "{\"reason\":\"a try\"}").status()).isEqualTo(200);
      unkill("100");
    }
    await().until(() -> steered.all("transport").size() == 6);
    pass(Duration.ofSeconds(30));
    assertThat(steered.isClosed()).isFalse();
    assertThat(unasked.isClosed()).isFalse();
    admin.post("api/rollout/kill", "{\"reason\":\"in earnest\"}");
    await().until(() -> steered.all("transport").size() == 7);
    ahead.addAndGet(Duration.ofSeconds(15).toNanos());
    assertThat(steered.closeCode()).isEqualTo(4000);
    assertThat(unasked.closeCode()).isEqualTo(4000);
  }

  /**
   * So much time passes for every socket, and every socket has looked at its deadlines: those two
   * that do not say who they are were closed for it, the second after a whole look since the first.
   */
  private static void pass(Duration time) {
    Duration each = Duration.ofSeconds(5);
    ahead.addAndGet(time.minus(each.multipliedBy(2)).toNanos());
    for (int i = 0; i < 2; i++) {
      Socket silent = Socket.open(server.url(), "");
      silent.expect("connected");
      ahead.addAndGet(each.toNanos());
      assertThat(silent.closeCode()).isEqualTo(4401);
    }
  }

  @Test
  void every_change_and_every_refusal_stands_in_a_chained_log() {
    admin.percentage("12.34");
    put("{\"revision\":0,\"percentage\":5,\"reason\":\"too late\"}");
    JsonNode entries = admin.get("api/rollout/audit").body().get("entries");
    assertThat(entries.get(0).get("refused").asText()).isEqualTo("stale_revision");
    assertThat(entries.get(1).get("to").get("percentage").asDouble()).isEqualTo(12.34);
    assertThat(entries.get(1).get("actor").asText()).isEqualTo("admin");
    for (int i = 0; i + 1 < entries.size(); i++) {
      assertThat(entries.get(i).get("prev_hash")).isEqualTo(entries.get(i + 1).get("hash"));
    }
    long second = entries.get(1).get("seq").asLong();
    assertThat(
            admin
                .get("api/rollout/audit?before=" + second)
                .body()
                .get("entries")
                .get(0)
                .get("seq")
                .asLong())
        .isEqualTo(second - 1);
  }

  @Test
  void lists_beat_the_percentage_and_deny_beats_allow() {
    long revision = revision();
    put(
        "{\"revision\":"
            + revision
            + ",\"reason\":\"pilot\",\"allow_clients\":[\"in\",\"both\"],\"deny_clients\":[\"both\"]}");
    assertThat(choice("in").get("reason").asText()).isEqualTo("allowed");
    assertThat(choice("both").get("reason").asText()).isEqualTo("denied");
    assertThat(choice("other").get("reason").asText()).isEqualTo("out_of_percent");
    put(
        "{\"revision\":"
            + (revision + 1)
            + ",\"reason\":\"over\",\"allow_clients\":[],\"deny_clients\":[]}");
  }

  @Test
  void a_kill_refuses_handshakes_moves_who_is_connected_and_is_lifted_to_a_named_percentage()
      throws Exception {
    admin.percentage("100");
    Api visitor = server.api().visitor();
    Socket named = Socket.as(visitor, "named");
    Socket unnamed = Socket.as(visitor, null);
    long revision = revision();
    assertThat(
            admin
                .post("api/rollout/kill", "{\"reason\":\"bad night\"}")
                .body()
                .get("killed")
                .asBoolean())
        .isTrue();
    JsonNode told = named.expect("transport");
    assertThat(told.get("use").asText()).isEqualTo("polling");
    assertThat(told.get("reason").asText()).isEqualTo("killed");
    Answer refused =
        server.api().send(server.api().request("ws").header("X-Test", "raw handshake below").GET());
    assertThat(refused.status()).isEqualTo(426);
    String handshake = RawHttp.handshake(server.port(), "/crossfade/ws", "");
    assertThat(handshake)
        .startsWith("HTTP/1.1 503")
        .contains("Retry-After:", "X-Crossfade-Transport: polling");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(unnamed.isClosed()).isTrue());
    assertThat(unnamed.closeCode()).isEqualTo(4000);
    assertThat(admin.get("api/rollout").body().get("percentage").asDouble()).isEqualTo(100);
    Answer lifted =
        admin.post(
            "api/rollout/unkill",
            "{\"reason\":\"mended\",\"percentage\":5,\"revision\":" + (revision + 1) + "}");
    assertThat(lifted.body().get("percentage").asDouble()).isEqualTo(5);
    assertThat(RawHttp.handshake(server.port(), "/crossfade/ws", "")).startsWith("HTTP/1.1 101");
  }

  @Test
  void a_change_reaches_open_sockets_and_held_polls() throws Exception {
    admin.percentage("100");
    Api visitor = server.api().visitor();
    long id = visitor.open();
    Socket socket = Socket.as(visitor, "page");
    admin.percentage("0");
    JsonNode down = socket.expect("transport");
    assertThat(down.get("use").asText()).isEqualTo("polling");
    assertThat(down.get("within_ms").asLong()).isPositive();
    var held =
        visitor.getLater("api/messages?session_id=" + id + "&after=0&wait=25&client_id=page");
    await()
        .until(
            () ->
                server.api().agent().get("api/stats/websocket").body().get("held_polls").asInt()
                    > 0);
    admin.percentage("100");
    Answer early = held.get(11, TimeUnit.SECONDS);
    assertThat(early.header("X-Crossfade-Transport")).isEqualTo("websocket");
    assertThat(early.body().get("messages")).isEmpty();
    socket.expect(f -> f.path("use").asText().equals("websocket"));
  }

  @Test
  void who_fell_back_polls_until_it_is_proven_again() {
    admin.percentage("100");
    report("shaky", "fallback");
    assertThat(choice("shaky").get("reason").asText()).isEqualTo("recent_fallback");
    JsonNode why = admin.get("api/rollout/clients/shaky").body();
    assertThat(why.get("transport").asText()).isEqualTo("polling");
    // Its reason is a client's own words, 100%s: no format of ours.
    assertThat(why.get("sentence").asText())
        .matches(
            "shaky uses polling: WebSocket failed on its path lately \\(.+, 20.+Z\\), next try at"
                + " 20.+Z; it is in the treated arm\\.");
    assertThat(why.get("next_try").asText()).startsWith("20");
    JsonNode any = admin.get("api/rollout/clients/any").body();
    assertThat(any.get("sentence").asText())
        .isEqualTo(
            "any uses WebSocket: bucket "
                + any.get("bucket").asInt()
                + " is below 10000 (100.00 %); it is in the treated arm.");
    assertThat(any.get("arm").asText()).isEqualTo("treated");
    report("shaky", "recovered");
    assertThat(choice("shaky").get("transport").asText()).isEqualTo("websocket");
    assertThat(server.api().post("api/transport/reports", "{\"event\":\"proven\"}").code())
        .isEqualTo("missing_field");
    assertThat(report("shaky", "nonsense").code()).isEqualTo("bad_parameter");
  }

  /** Three invented ids took a rollout to zero. */
  @Test
  void invented_ids_move_nothing_and_an_authenticated_client_counts_once() {
    admin.percentage("20");
    assertThat(plan(revision(), "forged;20/60/30;25/60/30").status()).isEqualTo(200);
    assertThat(move("start", revision()).status()).isEqualTo(200);
    List<String> ids = List.copyOf(chosen());
    String real = ids.get(0);
    for (String id : ids.subList(1, ids.size())) {
      assertThat(gap(id).status()).isEqualTo(204);
    }
    Api visitor = server.api().visitor();
    visitor.get("api/messages?session_id=" + visitor.open() + "&client_id=" + real);
    assertThat(gap(real).status()).isEqualTo(204);
    assertThat(gap(real).status()).isEqualTo(204);
    // The gate has looked since then: what it could know of the others it knows.
    await().atMost(Duration.ofSeconds(30)).until(() -> gaps() > 0);
    assertThat(gaps()).isEqualTo(1);
    JsonNode rule = admin.get("api/rollout").body();
    assertThat(rule.get("percentage").asDouble()).isEqualTo(20);
    assertThat(rule.get("plan").get("state").asText()).isEqualTo("running");
    assertThat(rule.get("deny_shops")).isEmpty();
  }

  private static Answer gap(String client) {
    String json =
        "{\"client_id\":\"%s\",\"shop_id\":\"demo\",\"event\":\"fallback\",\"reason\":\"gap\"}";
    return server.api().post("api/transport/reports", json.formatted(client));
  }

  private static int gaps() {
    for (JsonNode signal : admin.get("api/rollout/gate").body().get("signals")) {
      if (signal.get("signal").asText().equals("gap")) {
        return signal.get("bad").asInt();
      }
    }
    return 0;
  }

  private static Answer report(String client, String event) {
    return server
        .api()
        .post(
            "api/transport/reports",
            "{\"client_id\":\""
                + client
                + "\",\"event\":\""
                + event
                + "\",\"reason\":\"100%s\",\"ms\":12}");
  }

  private static Answer put(String json) {
    return admin.put("api/rollout", json);
  }

  private static JsonNode newest() {
    return admin.get("api/rollout/audit?limit=1").body().get("entries").get(0);
  }

  private static Answer plan(long revision, String plan) {
    return admin.post(
        "api/rollout/plan",
        "{\"revision\":" + revision + ",\"reason\":\"test\",\"plan\":\"" + plan + "\"}");
  }

  private static Answer move(String move, long revision) {
    return admin.post(
        "api/rollout/plan/" + move, "{\"revision\":" + revision + ",\"reason\":\"test\"}");
  }

  private static long revision() {
    return admin.get("api/rollout").body().get("revision").asLong();
  }

  private static Set<String> chosen() {
    Set<String> chosen = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      if (choice("client-" + i).get("transport").asText().equals("websocket")) {
        chosen.add("client-" + i);
      }
    }
    return chosen;
  }

  private static JsonNode choice(String client) {
    return server.api().get("api/transport?client_id=" + client + "&shop_id=demo").body();
  }
}
