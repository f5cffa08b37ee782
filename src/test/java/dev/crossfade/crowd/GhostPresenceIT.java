package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawSocket;
import dev.crossfade.support.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever is online has a socket that is open, and is not said to come and go while it stays. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class GhostPresenceIT {

  private static final Duration SOON = Duration.ofSeconds(10);

  /** What was said is heard within milliseconds. */
  private static final Duration LOOKED_AT_FOR = Duration.ofSeconds(2);

  private static final Pattern OPEN =
      Pattern.compile("^crossfade_sockets_open (\\S+)$", Pattern.MULTILINE);

  @TempDir static Path home;
  static CrossfadeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void who_says_too_late_who_it_is_is_not_online() {
    try (RawSocket ghost = RawSocket.open(server.port(), "/crossfade/ws", "")) {
      assertThat(ghost.closeCode()).isEqualTo(4401);
      assertStaysAway(ghost, "ghost");
    }
  }

  @Test
  void who_was_refused_and_then_says_rightly_who_it_is_is_not_online() {
    try (RawSocket ghost = RawSocket.open(server.port(), "/crossfade/ws", "").greeted()) {
      say(ghost, auth("no token"));
      assertThat(ghost.closeCode()).isEqualTo(4401);
      assertStaysAway(ghost, "second-ghost");
    }
  }

  @Test
  void a_newer_token_does_not_make_it_leave_and_come() {
    Api watcher = server.api().as("watcher", "demo", "agent");
    Api renewed = server.api().as("renewed", "demo", "agent");
    Api later = server.api().as("later", "demo", "agent");
    try (Socket watching = Socket.as(watcher, null);
        Socket renewing = Socket.as(renewed, null)) {
      watching.expect(frame -> says(frame, "renewed", "online"));
      for (int n = 2; n <= 5; n++) {
        int times = n;
        renewing.auth(Api.token("renewed", "demo", "agent", Duration.ofHours(times)), null);
        await().atMost(SOON).until(() -> renewing.all("auth_success").size() == times);
      }
      // What it is told of the others comes in order, so after this nothing is under way.
      try (Socket last = Socket.as(later, null)) {
        watching.expect(frame -> says(frame, "later", "online"));
      }
      assertThat(watching.all("presence")).noneMatch(frame -> says(frame, "renewed", "offline"));
    }
  }

  /** Does not answer the close that it got, but says who it is. */
  private static void assertStaysAway(RawSocket ghost, String user) {
    await().atMost(SOON).until(GhostPresenceIT::openSockets, open -> open == 0);
    say(ghost, auth(server.api().as(user, "demo", "agent").token()));
    Api admin = server.api().admin();
    await().during(LOOKED_AT_FOR).atMost(SOON).until(() -> online(admin), is -> !is.contains(user));
    JsonNode shop = server.api().get("api/shops/demo/availability").body();
    assertThat(shop.get("online").asBoolean()).as("somebody of the shop is there").isFalse();
  }

  private static List<String> online(Api admin) {
    return admin.get("api/presence").body().get("online").findValuesAsText("user_id");
  }

  private static double openSockets() {
    Matcher open = OPEN.matcher(server.api().get("metrics").raw().body());
    assertThat(open.find()).isTrue();
    return Double.parseDouble(open.group(1));
  }

  private static boolean says(JsonNode frame, String user, String status) {
    return List.of("presence", user, status)
        .equals(
            List.of(
                frame.path("type").asText(),
                frame.path("user_id").asText(),
                frame.path("status").asText()));
  }

  private static void say(RawSocket socket, String text) {
    socket.frame(RawSocket.FIN | RawSocket.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String auth(String token) {
    return "{\"type\":\"auth\",\"token\":\"" + token + "\"}";
  }
}
