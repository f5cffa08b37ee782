package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.Api;
import dev.crossfade.CrossfadeServer;
import dev.crossfade.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever is online has a socket that is open, and is not said to come and go while it stays. */
class GhostPresenceIT {

  private static final Duration SOON = Duration.ofSeconds(10);
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
  void who_says_too_late_who_it_is_is_not_online() throws Exception {
    String agent = server.api().as("ghost", "demo", "agent").token();
    try (LateSocket ghost = LateSocket.open(server.port())) {
      assertThat(ghost.closeCode()).isEqualTo(4401);
      ghost.text(auth(agent));
      assertGone(ghost, "ghost");
    }
  }

  @Test
  void who_was_refused_and_then_says_rightly_who_it_is_is_not_online() throws Exception {
    String agent = server.api().as("second-ghost", "demo", "agent").token();
    try (LateSocket ghost = LateSocket.open(server.port())) {
      ghost.text(auth("no token"));
      assertThat(ghost.closeCode()).isEqualTo(4401);
      ghost.text(auth(agent));
      assertGone(ghost, "second-ghost");
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
        renewing.auth(
            Api.token("renewed", "demo", "agent", Duration.ofHours(times)), null);
        await().atMost(SOON).until(() -> renewing.all("auth_success").size() == times);
      }
      // What it is told of the others comes in order, so after this nothing is under way.
      try (Socket last = Socket.as(later, null)) {
        watching.expect(frame -> says(frame, "later", "online"));
      }
      assertThat(watching.all("presence")).noneMatch(frame -> says(frame, "renewed", "offline"));
    }
  }

  /** After the server has ended the connection, whatever was written to it has been handled. */
  private static void assertGone(LateSocket ghost, String user) throws Exception {
    ghost.awaitEnd();
    await().atMost(SOON).until(GhostPresenceIT::openSockets, open -> open == 0);
    Api admin = server.api().admin();
    JsonNode online = admin.get("api/presence").body().get("online");
    assertThat(online.findValuesAsText("user_id")).doesNotContain(user);
    JsonNode shop = server.api().get("api/shops/demo/availability").body();
    assertThat(shop.get("online").asBoolean()).as("somebody of the shop is there").isFalse();
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

  private static String auth(String token) {
    return "{\"type\":\"auth\",\"token\":\"" + token + "\"}";
  }
}
