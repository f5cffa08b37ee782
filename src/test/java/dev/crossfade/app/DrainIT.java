package dev.crossfade.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawSocket;
import dev.crossfade.support.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is drained by an operator, and stopped under traffic: nobody sees it, nothing is lost. */
class DrainIT {

  private static final String DRAIN = "api/node/drain";
  private static final String REASON = "{\"reason\":\"a new version\"}";
  private static final int SOCKETS = 60;

  @TempDir Path home;
  private CrossfadeServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        new CrossfadeServer(home)
            .with("drain_grace_seconds", "1")
            .with("max_sockets_per_user", "100")
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void a_drain_asked_for_goes_in_its_order_and_nobody_is_dark() {
    Api api = server.api();
    Api visitor = api.visitor();
    Api agent = api.agent();
    long conversation = visitor.open();
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < SOCKETS; i++) {
      sockets.add(Socket.as(agent, null).join(conversation, 0L));
    }
    var parked = visitor.getLater("api/messages?wait=25&session_id=" + conversation);
    await().until(() -> state(agent).get("held_polls").asInt() == 1);
    List<Long> leftAt = new CopyOnWriteArrayList<>();
    sockets.forEach(s -> s.whenClosed(() -> leftAt.add(System.nanoTime())));

    Api.Answer asked = api.admin().post(DRAIN, REASON);

    assertThat(asked.status()).isEqualTo(202);
    assertThat(asked.body().get("state").asText()).isEqualTo("draining");
    assertThat(api.get("health/ready").status()).isEqualTo(503);
    assertThat(leftAt).as("not ready before the first socket is closed").isEmpty();
    assertThat(parked.isDone()).isFalse();
    String since = asked.body().get("since").asText();
    assertThat(api.admin().post(DRAIN, REASON).body().get("since").asText()).isEqualTo(since);
    assertThat(refusedHandshake()).startsWith("HTTP/1.1 503").containsIgnoringCase("Retry-After:");

    visitor.say(conversation, "sent while draining", "while-1");
    assertThat(parked.join().status()).isEqualTo(200);
    long asksAt = System.nanoTime();
    Api.Answer held = visitor.poll(conversation, 1, 25);
    assertThat(held.status()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - asksAt)).isLessThan(Duration.ofSeconds(5));

    for (Socket socket : sockets) {
      assertThat(socket.closeCode()).isEqualTo(1012);
      assertThat(socket.expect("draining").get("reconnect_in_ms").asLong()).isBetween(0L, 1000L);
      assertThat(contents(socket.messages(conversation))).containsExactly("sent while draining");
    }
    await().until(() -> leftAt.size() == SOCKETS);
    List<Long> sorted = leftAt.stream().sorted().toList();
    Duration took = Duration.ofNanos(sorted.get(SOCKETS - 1) - sorted.get(0));
    assertThat(took).as("paced").isGreaterThan(Duration.ofMillis(200));
    await().until(() -> state(agent).get("state").asText().equals("drained"));
    visitor.say(conversation, "sent when drained", "while-2");
    assertThat(contents(visitor.poll(conversation, 0, 0)))
        .containsExactly("sent while draining", "sent when drained");
  }

  @Test
  void parked_polls_are_answered_with_nothing_when_it_is_their_turn() {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    Api agent = server.api().agent();
    var messages = visitor.getLater("api/messages?wait=25&session_id=" + conversation);
    await().until(() -> state(agent).get("held_polls").asInt() == 1);

    server.api().admin().post(DRAIN, REASON);

    Api.Answer answer = messages.join();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body().get("messages")).isEmpty();
    await().until(() -> state(agent).get("state").asText().equals("drained"));
  }

  /**
   * Tomcat looks each second, from the moment an undeploy begins, for requests that wait without a
   * bound, and ends them with a 500: where it looked before the drain had answered, the poll was an
   * error (seen in one of forty undeploys).
   */
  @Test
  void a_poll_is_answered_also_where_tomcat_looks_before_the_drain() {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    var parked = visitor.getLater("api/messages?wait=25&session_id=" + conversation);
    await().until(() -> state(server.api().agent()).get("held_polls").asInt() == 1);

    server.undeploy(
        () -> {
          var twoLooks = new CompletableFuture<Api.Answer>();
          twoLooks.completeOnTimeout(null, 2500, TimeUnit.MILLISECONDS);
          CompletableFuture.anyOf(parked, twoLooks).join();
        });

    assertThat(parked.join().status()).isEqualTo(200);
  }

  @Test
  void only_admins_drain_and_only_staff_sees_the_node() {
    Api api = server.api();
    assertThat(api.post(DRAIN, REASON).status()).isEqualTo(401);
    assertThat(api.visitor().post(DRAIN, REASON).status()).isEqualTo(403);
    assertThat(api.agent().post(DRAIN, REASON).status()).isEqualTo(403);
    assertThat(api.admin().post(DRAIN, "{}").code()).isEqualTo("missing_field");
    assertThat(api.get("api/node").status()).isEqualTo(401);
    assertThat(api.visitor().get("api/node").status()).isEqualTo(403);
    assertThat(state(api.agent()).get("state").asText()).isEqualTo("running");
    assertThat(api.get("health/ready").status()).isEqualTo(200);
  }

  @Test
  void a_stop_under_traffic_loses_nothing_that_was_acknowledged() throws Exception {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long conversation = visitor.open();
    Socket reader = Socket.as(agent, null).join(conversation, 0L);
    Socket writer = Socket.as(agent, null);
    var acknowledged = new ConcurrentLinkedQueue<String>();
    var statuses = new ConcurrentLinkedQueue<Integer>();
    List<CompletableFuture<Void>> senders = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String name = "h" + i + "-";
      senders.add(
          CompletableFuture.runAsync(
              () -> sendUntilRefused(visitor, conversation, name, acknowledged, statuses)));
    }
    senders.add(CompletableFuture.runAsync(() -> writeUntilClosed(writer, conversation)));
    await().until(() -> acknowledged.size() > 50);
    Api idle = server.api().visitor();
    var parked = idle.getLater("api/messages?wait=25&session_id=" + idle.open());
    await().until(() -> state(agent).get("held_polls").asInt() == 1);

    long before = System.nanoTime();
    server.stop();
    Duration took = Duration.ofNanos(System.nanoTime() - before);

    senders.forEach(CompletableFuture::join);
    writer.all("message_ack").forEach(ack -> acknowledged.add(ack.path("client_msg_id").asText()));
    assertThat(took).isLessThan(Duration.ofSeconds(8));
    assertThat(parked.join().status()).isEqualTo(200);
    assertThat(reader.closeCode()).isEqualTo(1012);
    assertThat(writer.closeCode()).isEqualTo(1012);
    reader.expect("draining");
    assertThat(statuses).as("refusals while it stops").isSubsetOf(503, 404, -1);
    List<JsonNode> seen = reader.messages(conversation);
    long cursor = seen.isEmpty() ? 0 : seen.get(seen.size() - 1).get("seq").asLong();

    server.start();

    List<JsonNode> stored = everything(server.api().as(visitor.token()), conversation, 0);
    assertThat(stored.stream().map(m -> m.get("client_msg_id").asText()).toList())
        .doesNotHaveDuplicates()
        .containsAll(acknowledged);
    assertThat(stored.stream().map(m -> m.get("seq").asLong()).toList())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, stored.size()).boxed().toList());
    List<JsonNode> rest = everything(server.api().as(agent.token()), conversation, cursor);
    assertThat(cursor + rest.size()).as("the cursor goes on").isEqualTo(stored.size());
  }

  private static void sendUntilRefused(
      Api visitor,
      long conversation,
      String name,
      ConcurrentLinkedQueue<String> acknowledged,
      ConcurrentLinkedQueue<Integer> statuses) {
    for (int i = 0; ; i++) {
      try {
        Api.Answer answer = visitor.trySay(conversation, "text", name + i);
        if (answer.status() > 201) {
          statuses.add(answer.status());
          return;
        }
        acknowledged.add(name + i);
      } catch (java.io.UncheckedIOException cut) {
        statuses.add(-1);
        return;
      }
    }
  }

  private static void writeUntilClosed(Socket writer, long conversation) {
    for (int i = 0; !writer.isClosed(); i++) {
      int now = i;
      writer.say(conversation, "by socket", "s-" + now);
      await()
          .pollInterval(Duration.ofMillis(2))
          .until(() -> writer.isClosed() || writer.all("message_ack").size() > now);
    }
  }

  private static List<JsonNode> everything(Api api, long conversation, long after) {
    List<JsonNode> all = new ArrayList<>();
    long cursor = after;
    while (true) {
      JsonNode page = api.poll(conversation, cursor, 0).body();
      if (page.get("messages").isEmpty()) {
        return all;
      }
      page.get("messages").forEach(all::add);
      cursor = all.get(all.size() - 1).get("seq").asLong();
    }
  }

  private String refusedHandshake() {
    try {
      RawSocket.open(server.port(), "/crossfade/ws", "").close();
      return "let in";
    } catch (IllegalStateException refused) {
      return refused.getMessage();
    }
  }

  private static JsonNode state(Api staff) {
    return staff.get("api/node").body();
  }

  private static List<String> contents(Api.Answer page) {
    return page.body().get("messages").findValuesAsText("content");
  }

  private static List<String> contents(List<JsonNode> messages) {
    return messages.stream().map(m -> m.get("content").asText()).toList();
  }
}
