package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Protocol sections 1 and 2: the calls of the polling API. */
class PollingIT {

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();

  @Test
  void a_visitor_has_one_open_conversation_and_a_closed_one_takes_nothing() {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    Answer first = visitor.post("api/sessions", "{\"subject\":\"shoes\"}");
    assertThat(first.status()).isEqualTo(201);
    assertThat(first.body().get("head").asLong()).isZero();
    Answer again = visitor.post("api/sessions", "{}");
    assertThat(again.status()).isEqualTo(200);
    long id = again.body().get("session_id").asLong();
    assertThat(id).isEqualTo(first.body().get("session_id").asLong());
    assertThat(agent.post("api/sessions/" + id + "/close", "{}").body().get("status").asText())
        .isEqualTo("closed");
    assertThat(visitor.trySay(id, "anyone?", null).code()).isEqualTo("session_closed");
    assertThat(agent.post("api/sessions/" + id + "/reopen", "{}").status()).isEqualTo(200);
    assertThat(visitor.trySay(id, "anyone?", null).status()).isEqualTo(201);
    assertThat(visitor.post("api/sessions/" + id + "/close", "{}").code()).isEqualTo("forbidden");
    Answer assigned = agent.post("api/sessions/" + id + "/assign", "{\"agent_id\":\"agent\"}");
    assertThat(assigned.body().get("agent_id").asText()).isEqualTo("agent");
  }

  @Test
  void pages_through_what_is_new_and_looks_back() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    for (int i = 1; i <= 7; i++) {
      visitor.say(id, "m" + i, null);
    }
    JsonNode page = visitor.get(url(id, "&after=2&limit=3")).body();
    assertThat(page.get("cursor").asLong()).isEqualTo(5);
    assertThat(page.get("head").asLong()).isEqualTo(7);
    assertThat(page.get("messages")).hasSize(3);
    JsonNode history = visitor.get(url(id, "&before=4&limit=2")).body().get("messages");
    assertThat(history.get(0).get("seq").asLong()).isEqualTo(2);
    assertThat(history.get(1).get("seq").asLong()).isEqualTo(3);
    assertThat(visitor.get(url(id, "&after=7&limit=1000")).body().get("messages")).isEmpty();
  }

  @Test
  void a_path_that_does_not_reach_the_resources_keeps_their_manners() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    String url = url(id, "&after=0");
    assertThat(visitor.get(url.replace("messages?", "messages/?")).raw().body())
        .isEqualTo(visitor.get(url).raw().body());
    Answer wrong = visitor.put(url, "{}");
    assertThat(wrong.code()).isEqualTo("method_not_allowed");
    assertThat(wrong.header("Allow")).isEqualTo("GET, POST, OPTIONS");
    assertThat(server.api().get(url).code()).isEqualTo("not_authenticated");
    assertThat(server.api().as("stranger", "demo", "visitor").get(url).code())
        .isEqualTo("not_found");
  }

  @Test
  void an_empty_poll_has_the_headers_of_one_with_news() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    visitor.say(id, "hello", null);
    Map<String, List<String>> empty = headers(visitor.get(url(id, "&after=1")));
    Map<String, List<String>> news = headers(visitor.get(url(id, "&after=0")));
    assertThat(empty.remove("content-length")).isNotEqualTo(news.remove("content-length"));
    assertThat(empty).isEqualTo(news).containsKeys("content-type", "x-crossfade-transport");
  }

  private static Map<String, List<String>> headers(Answer answer) {
    Map<String, List<String>> headers = new TreeMap<>(answer.raw().headers().map());
    headers.remove("date");
    return headers;
  }

  /** An answer is held in memory until its reader has it: a hundred of these were 2.4 MB. */
  @Test
  void one_answer_is_bounded_in_size_and_the_next_goes_on_where_it_ended() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    for (int i = 1; i <= 25; i++) {
      visitor.say(id, "<".repeat(4_096), null);
    }
    long cursor = 0;
    int answers = 0;
    while (cursor < 25) {
      Answer answer = visitor.get(url(id, "&after=" + cursor));
      assertThat(answer.raw().body().length()).isLessThan(260_000);
      JsonNode messages = answer.body().get("messages");
      assertThat(messages.get(0).get("seq").asLong()).isEqualTo(cursor + 1);
      cursor += messages.size();
      assertThat(answer.body().get("cursor").asLong()).isEqualTo(cursor);
      answers++;
    }
    assertThat(answers).isEqualTo(3);
    JsonNode history = visitor.get(url(id, "&before=26")).body().get("messages");
    assertThat(history).hasSizeBetween(9, 11);
    assertThat(history.get(history.size() - 1).get("seq").asLong()).isEqualTo(25);
  }

  @Test
  void a_held_poll_is_answered_by_the_message() throws Exception {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    CompletableFuture<Answer> held = hold(visitor, url(id, "&after=0&wait=25"));
    server.api().agent().say(id, "hello", null);
    Answer answer = held.get(5, TimeUnit.SECONDS);
    assertThat(answer.body().get("messages").get(0).get("content").asText()).isEqualTo("hello");
    assertThat(answer.header("X-Crossfade-Transport")).isEqualTo("polling");
  }

  @Test
  void a_newer_poll_of_a_page_releases_its_older_one_and_a_fifth_of_a_user_the_oldest()
      throws Exception {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    var older = hold(visitor, url(id, "&after=0&wait=25&instance=p1"));
    var newer = visitor.getLater(url(id, "&after=0&wait=25&instance=p1"));
    assertThat(older.get(5, TimeUnit.SECONDS).body().get("messages")).isEmpty();
    var first = hold(visitor, url(id, "&after=0&wait=25"));
    for (int i = 0; i < 4; i++) {
      visitor.getLater(url(id, "&after=0&wait=25"));
    }
    assertThat(first.get(5, TimeUnit.SECONDS).body().get("messages")).isEmpty();
    assertThat(newer.isDone()).isFalse();
    visitor.say(id, "all out", null);
    assertThat(newer.get(5, TimeUnit.SECONDS).body().get("messages")).hasSize(1);
  }

  @Test
  void a_poll_that_waits_ends_with_its_token() throws Exception {
    Api visitor = server.api().visitor();
    Api brief = visitor.as(Api.token("v-brief", "demo", "visitor", Duration.ofSeconds(3)));
    long id = brief.open();
    Answer ended = brief.getLater(url(id, "&after=0&wait=25")).get(8, TimeUnit.SECONDS);
    assertThat(ended.status()).isEqualTo(401);
    assertThat(ended.code()).isEqualTo("not_authenticated");
  }

  @Test
  void a_cursor_is_told_its_fate() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    Answer ahead = visitor.poll(id, 5, 25);
    assertThat(ahead.status()).isEqualTo(409);
    assertThat(ahead.code()).isEqualTo("cursor_ahead");
    assertThat(ahead.body().get("head").asLong()).isZero();
    Answer rewound = visitor.get(url(id, "&after=5&epoch=another"));
    assertThat(rewound.code()).isEqualTo("epoch_changed");
    assertThat(rewound.body().get("epoch").asText()).isNotEmpty();
  }

  @Test
  void the_list_of_conversations_is_held_until_it_changes() throws Exception {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long id = visitor.open();
    Answer now = agent.get("api/sessions?status=open");
    String etag = now.header("ETag");
    assertThat(
            agent
                .send(agent.request("api/sessions?status=open").header("If-None-Match", etag).GET())
                .status())
        .isEqualTo(304);
    var held =
        CompletableFuture.supplyAsync(
            () ->
                agent.send(
                    agent
                        .request("api/sessions?status=open&wait=25")
                        .header("If-None-Match", etag)
                        .GET()));
    visitor.say(id, "news", null);
    Answer changed = held.get(10, TimeUnit.SECONDS);
    assertThat(changed.status()).isEqualTo(200);
    JsonNode mine = find(changed.body().get("sessions"), id);
    assertThat(mine.get("unread").asLong()).isEqualTo(1);
    assertThat(mine.get("last_message").get("content").asText()).isEqualTo("news");
    assertThat(visitor.get("api/sessions").body().get("sessions")).hasSize(1);
  }

  @Test
  void a_reply_says_how_it_was_pushed() {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long id = visitor.open();
    String user =
        visitor.get("api/sessions").body().get("sessions").get(0).get("visitor_id").asText();
    String reply = "{\"userId\":\"" + user + "\",\"message\":\"hi\"}";
    JsonNode offline = agent.post("api/admin/reply", reply).body();
    assertThat(offline.get("pushed").asBoolean()).isFalse();
    assertThat(offline.get("method").asText()).isEqualTo("offline");
    hold(visitor, url(id, "&after=1&wait=25"));
    assertThat(agent.post("api/admin/reply", reply).body().get("method").asText())
        .isEqualTo("polling");
    try (Socket socket = Socket.as(visitor, null).join(id, 2L)) {
      JsonNode pushed = agent.post("api/admin/reply", reply).body();
      assertThat(pushed.get("method").asText()).isEqualTo("websocket");
      assertThat(pushed.get("success").asBoolean()).isTrue();
      socket.expect("new_message");
    }
    assertThat(visitor.post("api/admin/reply", reply).code()).isEqualTo("forbidden");
  }

  @Test
  void agents_see_who_is_online_and_how() {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long id = visitor.open();
    visitor.poll(id, 0, 0);
    try (Socket socket = Socket.as(agent, null)) {
      JsonNode presence = agent.get("api/presence").body();
      assertThat(presence.get("count").asInt()).isEqualTo(presence.get("online").size());
      assertThat(presence.get("online").toString())
          .contains("\"transport\":\"polling\"", "\"transport\":\"websocket\"");
      JsonNode stats = agent.get("api/stats/websocket").body();
      assertThat(stats.get("websocket").asInt()).isPositive();
      assertThat(stats.has("timestamp")).isTrue();
      assertThat(visitor.get("api/presence").code()).isEqualTo("forbidden");
      Socket.open(server.url(), "").close();
    }
  }

  @Test
  void user_ids_of_digits_are_numbers_on_the_wire_and_read_in_both_forms() {
    Api numbered = server.api().as("123", "demo", "visitor");
    long id = numbered.open();
    JsonNode message = numbered.say(id, "x", null);
    assertThat(message.get("sender_id").isNumber()).isTrue();
    Api agent = server.api().agent();
    assertThat(agent.post("api/admin/reply", "{\"userId\":123,\"message\":\"y\"}").status())
        .isEqualTo(200);
    Answer asText =
        numbered.post("api/messages", "{\"session_id\":\"" + id + "\",\"content\":\"z\"}");
    assertThat(asText.status()).isEqualTo(201);
    Api zero = server.api().as("0123", "demo", "visitor");
    assertThat(zero.say(zero.open(), "x", null).get("sender_id").isTextual()).isTrue();
  }

  @Test
  void another_shops_things_do_not_exist() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    for (Api stranger :
        java.util.List.of(
            server.api().visitor(),
            server.api().as("agent", "other", "agent"),
            server.api().as("admin", "other", "admin"))) {
      assertThat(stranger.poll(id, 0, 0).code()).isEqualTo("not_found");
      assertThat(stranger.poll(id, 0, 25).code()).isEqualTo("not_found");
      assertThat(stranger.trySay(id, "x", null).code()).isEqualTo("not_found");
      assertThat(stranger.post("api/typing", "{\"session_id\":" + id + ",\"active\":true}").code())
          .isEqualTo("not_found");
      assertThat(stranger.post("api/receipts", "{\"session_id\":" + id + ",\"read\":0}").code())
          .isEqualTo("not_found");
    }
  }

  @Test
  void a_page_of_the_shop_may_and_another_may_not_even_when_it_is_refused() {
    Api admin = server.api().admin();
    assertThat(
            admin
                .put("api/shops/s2", "{\"name\":\"S2\",\"origins\":[\"https://s2.example\"]}")
                .status())
        .isEqualTo(200);
    Api visitor = server.api().as("u1", "s2", "visitor");
    for (String origin : java.util.List.of("https://s2.example")) {
      Answer refused =
          visitor.send(
              visitor.request("api/messages?session_id=999").header("Origin", origin).GET());
      assertThat(refused.code()).isEqualTo("not_found");
      assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo(origin);
    }
    for (String origin :
        java.util.List.of(
            "https://s2.example.evil.com",
            "http://s2.example",
            "https://s2.example:8443",
            "https://S2.example",
            "https://s2.example.",
            "http://localhost:1234",
            "null")) {
      Answer refused =
          visitor.send(
              visitor.request("api/messages?session_id=999").header("Origin", origin).GET());
      assertThat(refused.code()).as(origin).isEqualTo("forbidden");
      assertThat(refused.header("Access-Control-Allow-Origin")).isNull();
    }
    Answer preflight =
        server
            .api()
            .send(
                server
                    .api()
                    .request("api/messages")
                    .header("Origin", "https://s2.example")
                    .header("Access-Control-Request-Method", "POST")
                    .method("OPTIONS", BodyPublishers.noBody()));
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.header("Access-Control-Allow-Origin")).isEqualTo("https://s2.example");
    assertThat(preflight.header("Access-Control-Allow-Headers")).contains("Authorization");
  }

  @Test
  void health_and_metrics_need_no_login() {
    assertThat(server.api().get("health/live").status()).isEqualTo(200);
    assertThat(server.api().get("health/ready").status()).isEqualTo(200);
    assertThat(server.api().get("metrics").raw().body()).contains("crossfade_messages_accepted");
  }

  private static String url(long id, String more) {
    return "api/messages?session_id=" + id + more;
  }

  private static JsonNode find(JsonNode sessions, long id) {
    for (JsonNode session : sessions) {
      if (session.get("session_id").asLong() == id) {
        return session;
      }
    }
    throw new AssertionError("no session " + id);
  }

  /** Lets a poll be asked, and waits until the server holds one more. */
  private CompletableFuture<Answer> hold(Api caller, String path) {
    double before = heldPolls();
    CompletableFuture<Answer> held = caller.getLater(path);
    await().until(() -> heldPolls() > before);
    return held;
  }

  private double heldPolls() {
    String name = "crossfade_polls_held ";
    return server
        .api()
        .get("metrics")
        .raw()
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }
}
