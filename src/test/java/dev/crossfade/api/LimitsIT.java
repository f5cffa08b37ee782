package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawHttp;
import dev.crossfade.support.Socket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every bound that a client can run into: said clearly, with a time to come back. */
class LimitsIT {

  @TempDir Path home;
  private CrossfadeServer server;

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void a_user_who_sends_too_often_is_told_when_to_come_back_on_both_transports() throws Exception {
    server = new CrossfadeServer(home).with("limit_sends_per_minute", "6").start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    for (int n = 0; n < 6; n++) {
      visitor.say(conversation, "hello", "m-" + n);
    }
    Answer refused = visitor.trySay(conversation, "too much", "m-6");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.code()).isEqualTo("rate_limited");
    assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
    try (Socket socket = Socket.as(visitor, null).join(conversation, 0L)) {
      JsonNode error = socket.say(conversation, "too much", "m-7").expect("error");
      assertThat(error.get("code").asText()).isEqualTo("rate_limited");
      assertThat(error.get("ref").asText()).isEqualTo("m-7");
      assertThat(error.get("retry_after").asInt()).isBetween(1, 60);
      // It may go on reading, and nobody else is concerned.
      server.api().agent().say(conversation, "take your time", "a-1");
      assertThat(socket.expect(f -> f.at("/message/content").asText().equals("take your time")))
          .isNotNull();
      assertThat(socket.isClosed()).isFalse();
    }
    assertThat(visitor.poll(conversation, 0, 0).body().get("head").asInt()).isEqualTo(7);
  }

  @Test
  void a_user_cannot_write_marks_and_tickets_without_end_and_goes_on_reading() throws Exception {
    server = new CrossfadeServer(home).with("limit_writes_per_minute", "5").start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    visitor.say(conversation, "a message is no such write", "m1");
    for (int n = 0; n < 4; n++) {
      assertThat(visitor.post("api/tickets", "").status()).isEqualTo(201);
    }
    String mark = "{\"session_id\":" + conversation + ",\"read\":1,\"client_id\":\"made-up\"}";
    Answer refused = visitor.post("api/receipts", mark);
    assertThat(refused.code()).isEqualTo("rate_limited");
    assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
    assertThat(visitor.poll(conversation, 0, 0).status()).isEqualTo(200);
    visitor.say(conversation, "and another", "m2");
    assertThat(server.api().visitor().open()).as("nobody else is concerned").isPositive();
  }

  /** More of them than Tomcat has threads. */
  @Test
  void bodies_that_come_byte_by_byte_hold_no_thread() throws Exception {
    server = new CrossfadeServer(home).start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    String head =
        "POST /crossfade/api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
            + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n";
    String body = "{\"session_id\":%d,\"content\":\"slowly\"}".formatted(conversation);
    List<java.net.Socket> slow = new ArrayList<>();
    try {
      String begun = head.formatted(visitor.token(), body.length()) + body.substring(0, 5);
      for (int i = 0; i < 49; i++) {
        slow.add(slow(begun));
      }
      for (int i = 5; i < 9; i++) {
        for (java.net.Socket socket : slow) {
          say(socket, body.substring(i, i + 1));
        }
        assertThat(visitor.poll(conversation, 0, 0).status()).isEqualTo(200);
      }
      for (int i = 0; i < 5; i++) {
        try (java.net.Socket whole = slow(head.formatted("none", body.length()) + body)) {
          assertThat(firstLine(whole))
              .as("what comes in one piece does not wait")
              .contains(" 401 ");
        }
      }
      say(slow.get(0), body.substring(9));
      assertThat(firstLine(slow.get(0))).contains(" 201 ");
      List<java.net.Socket> more = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        more.add(slow(begun));
      }
      slow.addAll(more);
      // Which of them are too many is for the server's threads to say.
      await().until(() -> more.stream().anyMatch(LimitsIT::isAnswered));
      java.net.Socket refused = more.stream().filter(LimitsIT::isAnswered).findFirst().get();
      assertThat(firstLine(refused)).contains(" 429 ");
      assertThat(visitor.poll(conversation, 0, 0).body().get("messages")).hasSize(1);
    } finally {
      for (java.net.Socket socket : slow) {
        socket.close();
      }
    }
  }

  /** Nor do those that stop in the middle of a chunk's head, for which a read would wait. */
  @Test
  void chunks_that_come_byte_by_byte_hold_no_thread() throws Exception {
    server = new CrossfadeServer(home).start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    String begun =
        "POST /crossfade/api/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                .formatted(visitor.token())
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2";
    List<java.net.Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 70; i++) {
        slow.add(slow(begun));
      }
      await().until(() -> slow.stream().anyMatch(LimitsIT::isAnswered));
      assertThat(visitor.poll(conversation, 0, 0).status()).isEqualTo(200);
      java.net.Socket patient =
          slow.stream().filter(socket -> !isAnswered(socket)).findFirst().get();
      String body = "{\"session_id\":%d,\"content\":\"in chunks\"}".formatted(conversation);
      say(patient, "\r\n" + body.substring(0, 2) + "\r\n");
      String rest = body.substring(2);
      say(patient, Integer.toHexString(rest.length()) + "\r\n" + rest + "\r\n0\r\n\r\n");
      assertThat(firstLine(patient)).contains(" 201 ");
    } finally {
      for (java.net.Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void a_request_that_comes_behind_a_body_in_one_piece_is_answered_too() throws Exception {
    server = new CrossfadeServer(home).start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    String body = "{\"session_id\":%d,\"content\":\"first\"}".formatted(conversation);
    String head = "Host: localhost\r\nAuthorization: Bearer " + visitor.token() + "\r\n";
    String both =
        "POST /crossfade/api/messages HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(head, body.length(), body)
            + "GET /crossfade/api/sessions HTTP/1.1\r\n%sConnection: close\r\n\r\n".formatted(head);
    String answers = RawHttp.whole(server.port(), both.getBytes(StandardCharsets.US_ASCII));
    assertThat(answers).startsWith("HTTP/1.1 201").contains("HTTP/1.1 200");
  }

  private java.net.Socket slow(String text) throws IOException {
    java.net.Socket socket = new java.net.Socket("localhost", server.port());
    socket.setSoTimeout(10_000);
    say(socket, text);
    return socket;
  }

  private static boolean isAnswered(java.net.Socket socket) {
    try {
      return socket.getInputStream().available() > 0;
    } catch (IOException gone) {
      return false;
    }
  }

  private static void say(java.net.Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String firstLine(java.net.Socket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
  }

  @Test
  void one_shop_cannot_use_up_what_belongs_to_all() throws Exception {
    server = new CrossfadeServer(home).with("limit_shop_sends_per_minute", "3").start();
    Api agent = server.api().agent();
    long conversation = server.api().visitor().open();
    IntStream.range(0, 3).forEach(n -> agent.say(conversation, "x", "m-" + n));
    assertThat(agent.trySay(conversation, "x", "m-3").status()).isEqualTo(429);
    Api elsewhere = server.api().as("visitor-2", "another-shop", "visitor");
    elsewhere.say(elsewhere.open(), "not my shop", "m-0");
  }

  @Test
  void an_address_that_asks_too_often_is_told_so_with_the_headers_a_page_needs() throws Exception {
    server = new CrossfadeServer(home).with("limit_requests_per_minute", "20").start();
    Api visitor = server.api().as("visitor-1", "demo", "visitor");
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> visitor.get("api/sessions").status() == 429);
    Answer refused =
        visitor.send(visitor.request("api/sessions").header("Origin", "http://localhost:1").GET());
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("Retry-After")).isNotNull();
  }

  @Test
  void sockets_of_one_address_are_bounded_at_the_handshake() throws Exception {
    server = new CrossfadeServer(home).with("max_sockets_per_address", "3").start();
    List<Socket> open = new ArrayList<>();
    IntStream.range(0, 3).forEach(n -> open.add(Socket.open(server.url(), "")));
    String refused = RawHttp.handshake(server.port(), "/crossfade/ws", "");
    assertThat(refused).startsWith("HTTP/1.1 429").containsIgnoringCase("retry-after:");
    open.get(0).abort();
    // Room again, as soon as the server has noticed.
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> RawHttp.handshake(server.port(), "/crossfade/ws", "").startsWith("HTTP/1.1 101"));
    open.forEach(Socket::abort);
  }

  @Test
  void handshakes_of_one_address_are_bounded_in_time() throws Exception {
    server = new CrossfadeServer(home).with("limit_handshakes_per_minute", "5").start();
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> RawHttp.handshake(server.port(), "/crossfade/ws", "").startsWith("HTTP/1.1 429"));
  }

  @Test
  void two_hundred_silent_sockets_are_gone_after_the_deadline() throws Exception {
    server = new CrossfadeServer(home).start();
    List<Socket> silent = new ArrayList<>();
    IntStream.range(0, 200).forEach(n -> silent.add(Socket.open(server.url(), "")));
    await().atMost(Duration.ofSeconds(15)).until(() -> silent.stream().allMatch(Socket::isClosed));
    assertThat(silent).allMatch(socket -> socket.closeCode() == 4401);
  }

  @Test
  void a_user_who_invents_instances_holds_no_more_polls_than_allowed() throws Exception {
    server = new CrossfadeServer(home).with("max_polls_per_user", "3").start();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    List<CompletableFuture<Answer>> polls =
        IntStream.range(0, 10)
            .mapToObj(
                n ->
                    visitor.getLater(
                        "api/messages?wait=25&after=0&session_id="
                            + conversation
                            + "&instance=page"
                            + n))
            .toList();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> polls.stream().filter(CompletableFuture::isDone).count() == 7);
    assertThat(polls)
        .filteredOn(CompletableFuture::isDone)
        .allMatch(poll -> poll.join().status() == 200);
    visitor.say(conversation, "for those who wait", "m-1");
    assertThat(polls).allMatch(poll -> poll.join().status() == 200);
  }

  @Test
  void held_polls_of_one_address_are_bounded() throws Exception {
    server = new CrossfadeServer(home).with("max_polls_per_address", "2").start();
    long conversation = server.api().visitor().open();
    List<CompletableFuture<Answer>> polls =
        IntStream.range(0, 5)
            .mapToObj(
                n ->
                    server
                        .api()
                        .as("agent-" + n, "demo", "agent")
                        .getLater("api/messages?wait=25&after=0&session_id=" + conversation))
            .toList();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> polls.stream().filter(CompletableFuture::isDone).count() == 3);
    assertThat(polls)
        .filteredOn(CompletableFuture::isDone)
        .allMatch(poll -> poll.join().status() == 429 && poll.join().header("Retry-After") != null);
  }
}
