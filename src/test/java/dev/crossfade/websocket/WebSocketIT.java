package dev.crossfade.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Protocol section 3: frames, texts and close codes. */
class WebSocketIT {

  @RegisterExtension
  static final Stage STAGE = Stage.plain().with("limit_frames_per_minute", "600");

  private final CrossfadeServer server = STAGE.server();

  @Test
  void says_hello_before_anything_is_asked() {
    try (Socket socket = Socket.open(server.url(), "")) {
      JsonNode hello = socket.expect("connected");
      assertThat(hello.get("message").asText()).isEqualTo("WebSocket连接成功");
      assertThat(hello.get("protocol").asInt()).isEqualTo(1);
    }
  }

  @Test
  void answers_what_comes_before_auth_in_the_words_of_the_protocol() {
    try (Socket socket = Socket.open(server.url(), "")) {
      socket.send("{\"type\":\"ping\"}").expect("pong");
      socket.send("{\"type\":\"auth\"}");
      assertThat(error(socket, "missing_field")).isEqualTo("缺少用户ID");
      socket.send("{\"type\":\"join_session\",\"session_id\":1}");
      assertThat(error(socket, "not_authenticated")).isEqualTo("未认证");
      socket.send("{\"type\":\"nonsense\"}");
      assertThat(error(socket, "unknown_type")).isEqualTo("未知的消息类型");
      socket.send("{");
      assertThat(error(socket, "bad_json")).isEqualTo("无效的消息格式");
    }
  }

  @Test
  void a_socket_without_identity_is_closed_after_five_seconds() {
    Socket socket = Socket.open(server.url(), "");
    assertThat(socket.closeCode()).isEqualTo(4401);
  }

  @Test
  void a_bad_token_closes_with_4401_and_another_user_with_4403() {
    Socket bad = Socket.open(server.url(), "").auth("x.y.z", null);
    assertThat(bad.closeCode()).isEqualTo(4401);
    Socket other = Socket.as(server.api().visitor(), null);
    other.auth(server.api().visitor().token(), null);
    assertThat(other.closeCode()).isEqualTo(4403);
  }

  @Test
  void acknowledges_before_it_delivers_and_delivers_to_the_sender_too() {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    try (Socket socket = Socket.as(visitor, null).join(conversation, 0L)) {
      socket.say(conversation, "hello", "m1");
      socket.expect("new_message");
      List<String> types =
          socket.frames().stream().map(frame -> frame.get("type").asText()).toList();
      assertThat(types.indexOf("message_ack")).isLessThan(types.indexOf("new_message"));
      JsonNode ack = socket.expect("message_ack");
      assertThat(ack.get("seq").asLong()).isEqualTo(1);
      assertThat(ack.get("client_msg_id").asText()).isEqualTo("m1");
      socket.say(conversation, "hello", "m1");
      socket.expect(frame -> frame.path("duplicate").asBoolean());
      assertThat(visitor.poll(conversation, 0, 0).body().get("messages")).hasSize(1);
    }
  }

  @Test
  void names_what_is_missing_in_a_join_or_a_message() {
    try (Socket socket = Socket.as(server.api().visitor(), null)) {
      socket.send("{\"type\":\"join_session\"}");
      assertThat(error(socket, "missing_field")).isEqualTo("缺少会话ID");
      socket.send("{\"type\":\"send_message\",\"content\":\"x\",\"id\":\"r1\"}");
      JsonNode error = socket.expect(frame -> frame.path("ref").asText().equals("r1"));
      assertThat(error.get("error").asText()).isEqualTo("缺少会话ID或消息内容");
    }
  }

  @Test
  void a_refused_join_leaves_the_older_one_alone() {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    try (Socket socket = Socket.as(visitor, null).join(conversation, 0L)) {
      socket.send("{\"type\":\"join_session\",\"session_id\":" + conversation + ",\"after\":99}");
      JsonNode refused = socket.expect(f -> f.path("code").asText().equals("cursor_ahead"));
      assertThat(refused.get("head").asLong()).isZero();
      socket.send(
          "{\"type\":\"join_session\",\"session_id\":" + conversation + ",\"epoch\":\"old\"}");
      socket.expect(f -> f.path("code").asText().equals("epoch_changed"));
      visitor.say(conversation, "still here", null);
      socket.expect("new_message");
    }
  }

  @Test
  void without_a_place_it_resumes_from_the_delivered_mark_and_says_what_was_missed() {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long conversation = visitor.open();
    agent.say(conversation, "one", null);
    agent.say(conversation, "two", null);
    visitor.post(
        "api/receipts",
        "{\"session_id\":" + conversation + ",\"delivered\":1,\"client_id\":\"c\"}");
    try (Socket socket = Socket.as(visitor, "c").join(conversation, null)) {
      JsonNode missed = socket.expect("new_message");
      assertThat(missed.get("message").get("content").asText()).isEqualTo("two");
      assertThat(missed.get("offline").asBoolean()).isTrue();
    }
    try (Socket fresh = Socket.as(agent, "never-marked").join(conversation, null)) {
      visitor.say(conversation, "three", null);
      JsonNode live = fresh.expect("new_message");
      assertThat(live.get("message").get("seq").asLong()).isEqualTo(3);
      assertThat(live.has("offline")).isFalse();
    }
  }

  @Test
  void tells_the_others_of_marks_and_typing() {
    Api visitor = server.api().visitor();
    Api agent = server.api().agent();
    long conversation = visitor.open();
    visitor.say(conversation, "read me", null);
    try (Socket mine = Socket.as(visitor, null).join(conversation, 0L);
        Socket theirs = Socket.as(agent, null).join(conversation, 0L)) {
      theirs.send("{\"type\":\"message_read\",\"session_id\":" + conversation + ",\"seq\":1}");
      JsonNode status = mine.expect("message_status");
      assertThat(status.get("status").asText()).isEqualTo("read");
      assertThat(status.get("seq").asLong()).isEqualTo(1);
      theirs.send("{\"type\":\"typing\",\"session_id\":" + conversation + ",\"active\":true}");
      assertThat(mine.expect("typing").get("active").asBoolean()).isTrue();
      assertThat(theirs.all("typing")).isEmpty();
      JsonNode stored = visitor.poll(conversation, 0, 0).body().get("messages").get(0);
      assertThat(stored.get("status").asText()).isEqualTo("read");
    }
  }

  @Test
  void what_piled_up_travels_as_one_frame_to_who_can_read_that() {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    for (int i = 0; i < 5; i++) {
      visitor.say(conversation, "m" + i, null);
    }
    for (String batch : List.of("\"text\"", "\"binary\"", "true")) {
      try (Socket socket = Socket.open(server.url(), "")) {
        socket.send(
            "{\"type\":\"auth\",\"token\":\"" + visitor.token() + "\",\"batch\":" + batch + "}");
        socket.expect("auth_success");
        socket.join(conversation, 0L);
        assertThat(socket.expect("messages").get("messages")).hasSize(5);
        assertThat(socket.all("new_message")).isEmpty();
      }
    }
  }

  @Test
  void binary_too_large_and_noise_close_with_their_codes() {
    Socket binary = Socket.as(server.api().visitor(), null).sendBinary(new byte[] {1});
    assertThat(binary.closeCode()).isEqualTo(1003);
    Socket large = Socket.as(server.api().visitor(), null).send("x".repeat(32_769));
    assertThat(large.closeCode()).isEqualTo(1009);
    Socket noisy = Socket.as(server.api().visitor(), null);
    for (int i = 0; i < 10; i++) {
      noisy.send("noise");
    }
    assertThat(noisy.closeCode()).isEqualTo(4400);
    Socket fast = Socket.as(server.api().visitor(), null);
    for (int i = 0; i < 700; i++) {
      fast.send("{\"type\":\"ping\"}");
    }
    assertThat(fast.closeCode()).isEqualTo(4429);
  }

  @Test
  void a_frame_of_32768_characters_is_read() {
    try (Socket socket = Socket.as(server.api().visitor(), null)) {
      String ping = "{\"type\":\"ping\",\"pad\":\"";
      socket.send(ping + "x".repeat(32_768 - ping.length() - 2) + "\"}").expect("pong");
    }
  }

  @Test
  void a_newer_socket_of_a_page_closes_its_older_one_and_the_eleventh_of_a_user_the_stalest() {
    Api visitor = server.api().visitor();
    String auth = "{\"type\":\"auth\",\"token\":\"" + visitor.token() + "\",\"instance\":\"p1\"}";
    Socket older = Socket.open(server.url(), "").send(auth);
    older.expect("auth_success");
    Socket newer = Socket.open(server.url(), "").send(auth);
    newer.expect("auth_success");
    assertThat(older.closeCode()).isEqualTo(4410);
    assertThat(newer.isClosed()).isFalse();
    for (int i = 0; i < 10; i++) {
      Socket.as(visitor, "c" + i);
    }
    assertThat(newer.closeCode()).isEqualTo(4410);
  }

  @Test
  void a_ticket_opens_one_socket() {
    Api visitor = server.api().visitor();
    String ticket = visitor.post("api/tickets", "{}").body().get("ticket").asText();
    try (Socket socket = Socket.open(server.url(), "?ticket=" + ticket)) {
      socket.send("{\"type\":\"auth\"}").expect("auth_success");
    }
    assertThatThrownBy(() -> Socket.open(server.url(), "?ticket=" + ticket))
        .isInstanceOf(CompletionException.class);
  }

  @Test
  void an_identity_that_ends_takes_its_socket_with_it_unless_it_is_renewed() {
    Api visitor = server.api();
    String brief = Api.token("v-brief", "demo", "visitor", Duration.ofSeconds(3));
    Socket ends = Socket.as(visitor.as(brief), null);
    Socket renewed = Socket.as(visitor.as(brief), null);
    renewed.auth(Api.token("v-brief", "demo", "visitor", Duration.ofHours(1)), null);
    await().until(() -> renewed.all("auth_success").size() == 2);
    assertThat(ends.closeCode()).isEqualTo(4401);
    assertThat(renewed.isClosed()).isFalse();
  }

  @Test
  void a_signed_out_device_is_let_go() {
    Api visitor = server.api().visitor();
    Socket socket = Socket.as(visitor, "phone");
    await()
        .untilAsserted(
            () -> assertThat(visitor.get("api/devices").body().get("devices")).hasSize(1));
    assertThat(visitor.send(visitor.request("api/devices/phone").DELETE()).status()).isEqualTo(204);
    assertThat(socket.closeCode()).isEqualTo(4409);
  }

  @Test
  void a_signed_out_device_does_not_come_back_and_the_one_that_did_it_stays() {
    Api lost = server.api().as(named("two-devices", "jti-lost"));
    Api kept = server.api().as(named("two-devices", "jti-kept"));
    Socket socket = Socket.as(lost, "lost");
    await()
        .untilAsserted(() -> assertThat(kept.get("api/devices").body().get("devices")).hasSize(1));
    assertThat(kept.send(kept.request("api/devices/lost").DELETE()).status()).isEqualTo(204);
    assertThat(socket.closeCode()).isIn(4409, 4401);
    assertThat(lost.get("api/sessions").status()).isEqualTo(401);
    assertThat(kept.get("api/sessions").status()).isEqualTo(200);
  }

  private static String named(String user, String tokenId) {
    Instant now = Instant.now();
    return Api.sign(
        new JWTClaimsSet.Builder()
            .subject(user)
            .claim("shop", "demo")
            .claim("role", "visitor")
            .jwtID(tokenId)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(3_600)))
            .issuer("crossfade")
            .audience("crossfade")
            .build());
  }

  private static String error(Socket socket, String code) {
    return socket.expect(f -> f.path("code").asText().equals(code)).get("error").asText();
  }
}
