package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the agent console asks of the server; one line per store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AgentApi {

  @TempDir static Path home;

  private CrossfadeServer server;
  private Api agent;
  private Api colleague;
  private Api visitor;
  private Api stranger;
  private long conversation;
  private int shops;

  abstract void configure(CrossfadeServer made) throws Exception;

  @BeforeAll
  void start() throws Exception {
    server = new CrossfadeServer(home);
    configure(server);
    server.start();
    server.api().admin().put("api/shops/other", "{\"origins\":[\"self\"]}");
    stranger = server.api().as("s", "other", "agent");
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void a_shop_of_its_own_with_a_conversation() {
    String shop = "shop-" + ++shops;
    server.api().admin().put("api/shops/" + shop, "{\"origins\":[\"self\"]}");
    agent = server.api().as("agent", shop, "agent");
    colleague = server.api().as("admin", shop, "admin");
    visitor = server.api().as("visitor", shop, "visitor");
    conversation = visitor.open();
  }

  @Test
  void a_visitor_gets_no_note_on_any_way() throws Exception {
    String secret = "a difficult customer";
    long first = visitor.say(conversation, "hello", "m1").get("seq").asLong();
    try (Socket visitors = Socket.as(visitor, null).join(conversation, 0L)) {
      String etag = visitor.get("api/sessions").header("ETag");
      CompletableFuture<Answer> heldList =
          visitor.sendLater(
              visitor.request("api/sessions?wait=3").header("If-None-Match", etag).GET());
      CompletableFuture<Answer> held =
          visitor.getLater(
              "api/messages?session_id=" + conversation + "&after=" + first + "&wait=3");

      Answer written = note(agent, secret);
      assertThat(written.status()).isEqualTo(201);
      assertThat(written.body().get("author").asText()).isEqualTo("agent");
      // Both listen, and what is said after the note reaches them: without the note.
      agent.say(conversation, "how can I help?", "a1");
      visitors.expect(f -> f.toString().contains("how can I help?"));
      assertThat(held.get().body().get("messages")).hasSize(1);

      List<String> seen = new ArrayList<>();
      visitors.frames().forEach(frame -> seen.add(frame.toString()));
      seen.add(held.get().raw().body());
      seen.add(heldList.get().raw().body());
      for (String path :
          List.of(
              "api/sessions",
              "api/sessions?status=all",
              "api/sessions/" + conversation,
              "api/messages?session_id=" + conversation + "&after=0",
              "api/messages?session_id=" + conversation + "&before=99")) {
        Answer answer = visitor.get(path);
        assertThat(answer.status()).as(path).isEqualTo(200);
        seen.add(answer.raw().body());
      }
      assertThat(seen).noneMatch(s -> s.contains(secret) || s.contains("\"notes\""));

      assertThat(visitor.get(notes()).status()).isEqualTo(403);
      assertThat(note(visitor, "me too").status()).isEqualTo(403);
      assertThat(server.api().get(notes()).status()).isEqualTo(401);
      assertThat(stranger.get(notes()).code()).isEqualTo("not_found");
      assertThat(note(stranger, "mine").code()).isEqualTo("not_found");
      assertThat(colleague.get(notes()).body().get("notes"))
          .extracting(n -> n.get("text").asText())
          .containsExactly(secret);
    }
  }

  @Test
  void a_note_of_one_agent_changes_the_list_that_the_others_watch() throws Exception {
    Answer list = colleague.get("api/sessions?status=open");
    assertThat(list.body().at("/sessions/0/notes").asInt()).isZero();
    CompletableFuture<Answer> held =
        colleague.sendLater(
            colleague
                .request("api/sessions?status=open&wait=20")
                .header("If-None-Match", list.header("ETag"))
                .GET());
    note(agent, "call back on Monday");
    assertThat(held.get().body().at("/sessions/0/notes").asInt()).isEqualTo(1);
  }

  @Test
  void a_conversation_takes_no_more_notes_than_its_bound() {
    for (int i = 0; i < 500; i++) {
      assertThat(note(agent, "n" + i).status()).isEqualTo(201);
    }
    Answer refused = note(agent, "one too many");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("too_many");
    assertThat(refused.body().get("limit").asInt()).isEqualTo(500);
    assertThat(agent.get(notes()).body().get("notes")).hasSize(500);
    assertThat(note(agent, " \u3000").code()).isEqualTo("empty_content");
    assertThat(note(agent, "你".repeat(1_366)).code()).isEqualTo("too_long");
  }

  @Test
  void canned_replies_belong_to_the_shop_and_have_a_bound() {
    assertThat(canned(agent, "hello", "How can I help you?").status()).isEqualTo(200);
    assertThat(canned(colleague, "你好", "您好，请问有什么可以帮您？").status()).isEqualTo(200);
    assertThat(canned(colleague, "hello", "How may I help you?").status()).isEqualTo(200);
    assertThat(agent.get("api/canned").body().get("canned"))
        .extracting(c -> c.get("shortcut").asText() + "=" + c.get("text").asText())
        .containsExactlyInAnyOrder("hello=How may I help you?", "你好=您好，请问有什么可以帮您？");
    assertThat(stranger.get("api/canned").body().get("canned")).isEmpty();
    assertThat(visitor.get("api/canned").status()).isEqualTo(403);
    assertThat(canned(visitor, "a", "b").status()).isEqualTo(403);
    for (String bad : List.of("a b", "x".repeat(33), "a.b", "a'b")) {
      assertThat(canned(agent, bad, "b").code()).as(bad).isEqualTo("bad_parameter");
    }
    assertThat(canned(agent, "long", "x".repeat(4_097)).code()).isEqualTo("too_long");
    assertThat(agent.put("api/canned/empty", "{}").code()).isEqualTo("missing_field");
    for (int i = 2; i < 200; i++) {
      assertThat(canned(agent, "c" + i, "text").status()).isEqualTo(200);
    }
    assertThat(canned(agent, "c200", "text").code()).isEqualTo("too_many");
    assertThat(canned(agent, "c2", "another text").status()).isEqualTo(200);
    assertThat(delete(stranger, "hello").code()).isEqualTo("not_found");
    assertThat(delete(visitor, "hello").status()).isEqualTo(403);
    assertThat(delete(agent, "hello").status()).isEqualTo(204);
    assertThat(delete(agent, "hello").code()).isEqualTo("not_found");
    assertThat(canned(agent, "c200", "text").status()).isEqualTo(200);
  }

  @Test
  void search_finds_what_was_written_in_the_own_shop_newest_first() {
    visitor.say(conversation, "My order is 100% LATE", "m1");
    visitor.say(conversation, "a file named snake_case!", "m2");
    visitor.say(conversation, "late again, 1000 times", "m3");
    visitor.say(conversation, "我的订单在哪里", "m4");
    Api elsewhere = server.api().as("v", "other", "visitor");
    elsewhere.say(elsewhere.open(), "late in another shop", "m1");
    note(agent, "always late");

    assertThat(found("late")).containsExactly("late again, 1000 times", "My order is 100% LATE");
    assertThat(found("100%")).containsExactly("My order is 100% LATE");
    assertThat(found("e_c")).containsExactly("a file named snake_case!");
    assertThat(found("s_n")).isEmpty();
    assertThat(found("e!")).containsExactly("a file named snake_case!");
    assertThat(found("' or 1=1 --")).isEmpty();
    assertThat(found("\\%")).isEmpty();
    assertThat(found("订单")).containsExactly("我的订单在哪里");
    Answer one = agent.get("api/search?q=late&limit=1");
    assertThat(one.body().get("results")).hasSize(1);
    assertThat(one.body().at("/results/0/session/session_id").asLong()).isEqualTo(conversation);
    assertThat(one.body().at("/results/0/message/seq").asLong()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q=a", "", "q=ab&limit=0", "q=ab&limit=x", "q=ab&q=cd", "q=%ff%ff"})
  void a_bad_search_is_refused(String query) {
    assertThat(agent.get("api/search?" + query).status()).isEqualTo(400);
    assertThat(agent.get("api/search?q=" + "x".repeat(101)).code()).isEqualTo("bad_parameter");
    assertThat(visitor.get("api/search?q=ab").status()).isEqualTo(403);
    assertThat(server.api().get("api/search?q=ab").status()).isEqualTo(401);
  }

  @Test
  void search_answers_fifty_at_most() {
    for (int i = 0; i < 60; i++) {
      visitor.say(conversation, "late " + i, "m" + i);
    }
    assertThat(found("late")).hasSize(50).first().isEqualTo("late 59");
    assertThat(agent.get("api/search?q=late&limit=99999").body().get("results")).hasSize(50);
  }

  @Test
  void staff_see_where_a_visitor_is_and_with_what() {
    String path = "api/sessions/" + conversation + "/visitor";
    String page = "https://shop.example/cart?item=1";
    assertThat(visitor.post("api/sessions", "{\"page\":\"" + page + "\"}").status()).isEqualTo(200);
    assertThat(visitor.post("api/sessions", "{\"page\":\"javascript:alert(1)\"}").code())
        .isEqualTo("bad_parameter");
    assertThat(visitor.post("api/sessions", "{}").status()).isEqualTo(200);
    try (Socket socket = Socket.open(visitor.url(), "")) {
      socket.send(
          "{\"type\":\"auth\",\"token\":\""
              + visitor.token()
              + "\",\"client_id\":\"c1\",\"device\":{\"name\":\"Firefox\",\"type\":\"web\"}}");
      socket.expect("auth_success");
      await().until(() -> agent.get(path).body().get("devices").size() == 1);
      JsonNode seen = agent.get(path).body();
      assertThat(seen.get("page").asText()).isEqualTo(page);
      assertThat(seen.get("online").asBoolean()).isTrue();
      assertThat(seen.get("transport").asText()).isEqualTo("websocket");
      assertThat(seen.at("/devices/0/name").asText()).isEqualTo("Firefox");
    }
    await().until(() -> !agent.get(path).body().get("online").asBoolean());
    assertThat(agent.get(path).body().get("transport").isNull()).isTrue();
    assertThat(visitor.get(path).status()).isEqualTo(403);
    assertThat(stranger.get(path).code()).isEqualTo("not_found");
  }

  @Test
  void one_conversation_can_be_asked_for_also_when_it_is_closed() {
    String path = "api/sessions/" + conversation;
    agent.post(path + "/assign", "{\"agent_id\":\"admin\"}");
    agent.post(path + "/close", "{}");
    JsonNode closed = agent.get(path).body();
    assertThat(closed.get("status").asText()).isEqualTo("closed");
    assertThat(closed.get("agent_id").asText()).isEqualTo("admin");
    assertThat(visitor.get(path).body().get("status").asText()).isEqualTo("closed");
    assertThat(stranger.get(path).code()).isEqualTo("not_found");
    assertThat(server.api().visitor().get(path).code()).isEqualTo("not_found");
    assertThat(agent.get("api/sessions/x").code()).isEqualTo("not_found");
  }

  private List<String> found(String words) {
    Answer answer = agent.get("api/search?q=" + URLEncoder.encode(words, StandardCharsets.UTF_8));
    assertThat(answer.status()).isEqualTo(200);
    return StreamSupport.stream(answer.body().get("results").spliterator(), false)
        .map(result -> result.at("/message/content").asText())
        .toList();
  }

  private String notes() {
    return "api/sessions/" + conversation + "/notes";
  }

  private Answer note(Api who, String text) {
    return who.post(notes(), Api.JSON.createObjectNode().put("text", text).toString());
  }

  private static Answer canned(Api who, String shortcut, String text) {
    return who.put(
        "api/canned/" + path(shortcut), Api.JSON.createObjectNode().put("text", text).toString());
  }

  private static Answer delete(Api who, String shortcut) {
    HttpRequest.Builder request = who.request("api/canned/" + path(shortcut)).DELETE();
    return who.send(request);
  }

  private static String path(String shortcut) {
    return URLEncoder.encode(shortcut, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
