package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a busy shop costs those who watch its lists, and that nobody misses a change. */
class ListQueriesIT {

  private static final int IDLE_VISITORS = 200;
  private static final int MESSAGES = 100;
  private static final int READ_EVERY_MS = 250;

  @TempDir Path home;

  private CrossfadeServer server;

  @BeforeEach
  void start() throws Exception {
    server = new CrossfadeServer(home).start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void messages_of_one_visitor_cost_the_others_nothing_and_staff_one_query_for_all() {
    List<Api> visitors =
        IntStream.range(0, IDLE_VISITORS)
            .mapToObj(i -> server.api().as("idle-" + i, "demo", "visitor"))
            .toList();
    visitors.forEach(Api::open);
    List<String> known =
        visitors.stream().map(one -> one.get("api/sessions").header("ETag")).toList();
    Api talker = server.api().as("talker", "demo", "visitor");
    long conversation = talker.open();
    Api agent = server.api().agent();
    List<Watching> watching =
        List.of(
            new Watching(agent, conversation),
            new Watching(server.api().admin(), conversation),
            new Watching(server.api().as("third", "demo", "agent"), conversation),
            new Watching(talker, conversation));
    // Held last, so that they are still held when the others talk.
    List<CompletableFuture<Answer>> idle =
        IntStream.range(0, IDLE_VISITORS)
            .mapToObj(i -> hold(visitors.get(i), known.get(i)))
            .toList();
    await()
        .untilAsserted(
            () -> assertThat(held()).isEqualTo((double) IDLE_VISITORS + watching.size()));
    // Each was asked for once and then held, which begins with a look.
    await().untilAsserted(() -> assertThat(queries()).isGreaterThan(2 * IDLE_VISITORS));

    double before = queries();
    long began = System.nanoTime();
    for (int i = 0; i < MESSAGES; i++) {
      (i % 2 == 0 ? talker : agent).say(conversation, "m" + i, "m" + i);
    }
    await().untilAsserted(() -> assertThat(watching).allMatch(one -> one.head == MESSAGES));
    double spent = queries() - before;
    double windows =
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) / (double) READ_EVERY_MS;

    // One list is that of all staff, the other the talker's own.
    assertThat(spent).isGreaterThanOrEqualTo(2).isLessThanOrEqualTo(2 * (windows + 2));
    assertThat(idle).noneMatch(one -> one.isDone() && one.join().status() == 200);
    watching.forEach(one -> one.going = false);
  }

  @Test
  void whatever_changes_a_conversation_reaches_its_visitor_s_held_list() {
    Api visitor = server.api().as("visitor", "demo", "visitor");
    Api agent = server.api().agent();
    long id = visitor.open();
    String session = "api/sessions/" + id;
    String receipts = "{\"session_id\":" + id + ",\"read\":";
    visitor.say(id, "hello", "m1");
    assertChanges(visitor, "/sessions/0/unread", "1", () -> agent.say(id, "hi", "a1"));
    assertChanges(
        visitor, "/sessions/0/unread", "0", () -> visitor.post("api/receipts", receipts + "2}"));
    visitor.say(id, "thanks", "m2");
    assertChanges(
        visitor,
        "/sessions/0/last_message/status",
        "read",
        () -> agent.post("api/receipts", receipts + "3}"));
    assertChanges(
        visitor,
        "/sessions/0/agent_id",
        "ann",
        () -> agent.post(session + "/assign", "{\"agent_id\":\"ann\"}"));
    assertChanges(
        visitor, "/sessions/0/status", "closed", () -> agent.post(session + "/close", "{}"));
    assertChanges(
        visitor, "/sessions/0/status", "open", () -> agent.post(session + "/reopen", "{}"));
  }

  @Test
  void a_conversation_that_an_agent_opens_reaches_the_visitor() {
    Api visitor = server.api().as("visitor", "demo", "visitor");
    assertChanges(
        visitor,
        "/sessions/0/last_message/content",
        "hello",
        () ->
            server
                .api()
                .agent()
                .post("api/admin/reply", "{\"userId\":\"visitor\",\"message\":\"hello\"}"));
  }

  @Test
  void a_tag_that_a_proxy_made_weak_is_held_as_ours_is() {
    Api visitor = server.api().as("visitor", "demo", "visitor");
    visitor.open();
    String etag = visitor.get("api/sessions").header("ETag");
    for (String known :
        List.of("W/" + etag, "\"other\", " + etag, etag.replaceFirst("\"$", "-gzip\""))) {
      Answer answer =
          visitor.send(visitor.request("api/sessions?wait=1").header("If-None-Match", known).GET());
      assertThat(answer.status()).as(known).isEqualTo(304);
      assertThat(answer.header("ETag")).as(known).isEqualTo(etag);
    }
  }

  /** What the list says at {@code pointer} becomes {@code value}, for one who holds it. */
  private static void assertChanges(Api watcher, String pointer, String value, Runnable change) {
    Answer before = watcher.get("api/sessions");
    assertThat(before.body().at(pointer).asText()).isNotEqualTo(value);
    CompletableFuture<Answer> held = hold(watcher, before.header("ETag"));
    change.run();
    Answer after = held.join();
    while (after.status() == 200 && !after.body().at(pointer).asText().equals(value)) {
      after = hold(watcher, after.header("ETag")).join();
    }
    assertThat(after.status()).as(pointer).isEqualTo(200);
  }

  private static CompletableFuture<Answer> hold(Api api, String etag) {
    return api.sendLater(request(api, etag));
  }

  private static HttpRequest.Builder request(Api api, String etag) {
    return api.request("api/sessions?wait=25").header("If-None-Match", etag).GET();
  }

  private double queries() {
    return figure("crossfade_lists_queries_total");
  }

  private double held() {
    return figure("crossfade_polls_held");
  }

  private double figure(String name) {
    String figures = server.api().get("metrics").raw().body();
    return figures
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  /** Asks again whenever it was answered, as the browser's SessionWatch does. */
  private static final class Watching {

    private final Api api;
    private final long conversation;
    private final AtomicInteger lists = new AtomicInteger();
    private volatile long head;
    private volatile boolean going = true;

    Watching(Api api, long conversation) {
      this.api = api;
      this.conversation = conversation;
      took(api.get("api/sessions"));
    }

    private void took(Answer answer) {
      if (!going) {
        return;
      }
      if (answer.status() == 200) {
        head = find(answer.body().get("sessions")).get("head").asLong();
        lists.incrementAndGet();
      }
      hold(api, answer.header("ETag")).thenAccept(this::took);
    }

    private JsonNode find(JsonNode sessions) {
      return StreamSupport.stream(sessions.spliterator(), false)
          .filter(one -> one.get("session_id").asLong() == conversation)
          .findFirst()
          .orElseThrow();
    }
  }
}
