package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 7 for polls: sixteen who take their answer a few bytes at a time, and what happens to
 * everybody else meanwhile.
 */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class SlowPollersIT {

  private static final int POLLERS = 16;

  /** Enough to occupy every thread of a small pool. */
  private static final int STUCK = 8;

  /** Milliseconds where all is well; the longest promise is 5 s, and the machine may be busy. */
  private static final Duration SOON = Duration.ofSeconds(10);

  /** Up to 15 s are given to whoever polls after a kill. */
  private static final Duration KILLED = Duration.ofSeconds(25);

  @TempDir static Path home;
  static CrossfadeServer server;
  static Trickle trickle;

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).smallSendBuffers().start();
    trickle = Trickle.start(server.api(), server.port(), POLLERS);
    await().atMost(SOON).until(() -> trickle.begun() >= STUCK);
  }

  @AfterAll
  static void stop() throws Exception {
    trickle.close();
    server.close();
  }

  @Test
  void messages_between_sockets_arrive() {
    Api visitor = server.api().as("on-a-socket", "demo", "visitor");
    long conversation = visitor.open();
    try (Socket writer = Socket.as(visitor, null).join(conversation, 0L);
        Socket reader = Socket.as(server.api().agent(), null).join(conversation, 0L)) {
      for (int n = 1; n <= 20; n++) {
        int sent = n;
        writer.say(conversation, "text " + n, "s" + n);
        await().atMost(SOON).until(() -> reader.messages(conversation).size() == sent);
      }
    }
  }

  @Test
  void a_send_is_answered_and_a_held_poll_gets_the_message() throws Exception {
    Api visitor = server.api().as("on-a-poll", "demo", "visitor");
    Api agent = server.api().agent();
    long conversation = visitor.open();
    for (int n = 0; n < 10; n++) {
      CompletableFuture<Answer> held = visitor.getLater(poll(conversation, n));
      CompletableFuture<Answer> sent = later(() -> agent.trySay(conversation, "text", null));
      assertThat(sent.get(SOON.toSeconds(), TimeUnit.SECONDS).status()).isEqualTo(201);
      assertThat(held.get(SOON.toSeconds(), TimeUnit.SECONDS).body().get("messages")).hasSize(1);
    }
  }

  @Test
  void a_ping_is_answered() {
    try (Socket socket = Socket.as(server.api().as("pings", "demo", "visitor"), null)) {
      for (int n = 1; n <= 10; n++) {
        int asked = n;
        socket.send("{\"type\":\"ping\"}");
        await().atMost(SOON).until(() -> socket.all("pong").size() == asked);
      }
    }
  }

  @Test
  void a_revoked_user_loses_its_socket_and_its_held_poll() throws Exception {
    Api visitor = server.api().as("revoked", "demo", "visitor");
    long conversation = visitor.open();
    try (Socket socket = Socket.as(visitor, null).join(conversation, 0L)) {
      CompletableFuture<Answer> held = visitor.getLater(poll(conversation, 0));
      Answer revoked = server.api().admin().post("api/tokens/revoke", "{\"user_id\":\"revoked\"}");
      assertThat(revoked.status()).isEqualTo(204);
      assertThat(socket.closeCode()).isEqualTo(4401);
      assertThat(held.get(SOON.toSeconds(), TimeUnit.SECONDS).status()).isEqualTo(401);
    }
  }

  @Test
  void a_kill_by_the_api_moves_and_then_closes_every_socket() {
    Api admin = server.api().admin();
    assertThat(admin.percentage("100").status()).isEqualTo(200);
    try (Socket socket = Socket.as(server.api().as("killed", "demo", "visitor"), "killed-client")) {
      assertThat(admin.post("api/rollout/kill", "{\"reason\":\"test\"}").status()).isEqualTo(200);
      try {
        await().atMost(SOON).until(() -> isTold(socket, "polling"));
        await().atMost(KILLED).until(socket::isClosed);
        assertThat(socket.closeCode()).isEqualTo(4000);
      } finally {
        revive(admin);
      }
    }
  }

  @Test
  void a_kill_by_file_is_seen() throws Exception {
    Api admin = server.api().admin();
    assertThat(admin.percentage("100").status()).isEqualTo(200);
    Path kill = home.resolve("data").resolve("ws.kill");
    try (Socket socket = Socket.as(server.api().as("filed", "demo", "visitor"), "filed-client")) {
      Files.createFile(kill);
      try {
        await().atMost(SOON).until(() -> isTold(socket, "polling"));
      } finally {
        Files.delete(kill);
        await().atMost(SOON).until(() -> uses("filed-client", "websocket"));
      }
    }
  }

  /** More connections than Tomcat has threads here, each with 400 short answers before it. */
  @Test
  void who_pipelines_and_does_not_read_keeps_no_thread() throws Exception {
    Api visitor = server.api().as("pipelines", "demo", "visitor");
    long conversation = visitor.open();
    visitor.say(conversation, "x".repeat(200), null);
    String news = "api/messages?after=0&session_id=" + conversation;
    Api other = server.api().as("wants-an-answer", "demo", "visitor");
    long open = other.open();
    try (Silent silent = new Silent(server.port())) {
      for (int i = 0; i < 60; i++) {
        silent.ask(visitor, news, 400);
      }
      requireAnswers(other, open);
    }
  }

  /** The answer holds the page, which may have 2,000 characters. */
  @Test
  void who_opens_a_conversation_again_and_again_and_does_not_read_keeps_no_thread()
      throws Exception {
    Api visitor = server.api().as("opens", "demo", "visitor");
    String page = "{\"page\":\"https://shop.example/" + "x".repeat(1_900) + "\"}";
    assertThat(visitor.post("api/sessions", page).status()).isEqualTo(201);
    Api other = server.api().as("wants-an-answer-too", "demo", "visitor");
    long open = other.open();
    try (Silent silent = new Silent(server.port())) {
      for (int i = 0; i < 60; i++) {
        silent.post(visitor, "api/sessions", page, 60);
      }
      requireAnswers(other, open);
    }
  }

  private static void requireAnswers(Api other, long open) throws Exception {
    for (int n = 1; n <= 20; n++) {
      var sent = later(() -> other.trySay(open, "text", null));
      assertThat(sent.get(SOON.toSeconds(), TimeUnit.SECONDS).status()).isEqualTo(201);
    }
  }

  @Test
  void who_has_too_much_to_read_is_refused_more_and_still_told_that_there_is_nothing()
      throws Exception {
    Api visitor = server.api().as("does-not-read", "demo", "visitor");
    long conversation = visitor.open();
    for (int n = 1; n <= 80; n++) {
      visitor.say(conversation, "x".repeat(4_000), "m" + n);
    }
    String all = "api/messages?after=0&session_id=" + conversation;
    String nothing = "api/messages?after=80&session_id=" + conversation;
    try (Silent silent = new Silent(server.port())) {
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                silent.ask(visitor, all, 1);
                return visitor.get(all).status() == 429;
              });
      assertThat(visitor.get(nothing).status()).isEqualTo(200);
      assertThat(visitor.get(all).header("Retry-After")).isNotNull();
    }
  }

  private static boolean isTold(Socket socket, String transport) {
    return socket.all("transport").stream()
        .anyMatch(frame -> frame.get("use").asText().equals(transport));
  }

  private static boolean uses(String client, String transport) {
    Answer answer = server.api().get("api/transport?shop_id=demo&client_id=" + client);
    return answer.body().path("transport").asText().equals(transport);
  }

  private static void revive(Api admin) {
    long revision = admin.get("api/rollout").body().get("revision").asLong();
    Answer revived =
        admin.post(
            "api/rollout/unkill",
            "{\"reason\":\"test\",\"percentage\":100,\"revision\":" + revision + "}");
    assertThat(revived.status()).isEqualTo(200);
  }

  private static CompletableFuture<Answer> later(java.util.function.Supplier<Answer> call) {
    return CompletableFuture.supplyAsync(call);
  }

  private static String poll(long conversation, long after) {
    return "api/messages?session_id=" + conversation + "&after=" + after + "&wait=25";
  }
}
