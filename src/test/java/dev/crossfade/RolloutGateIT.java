package dev.crossfade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A plan on a real node with some hundred clients and a clock that runs twenty times as fast: it
 * goes up by itself where all is well, and back where it is not.
 */
@Execution(ExecutionMode.CONCURRENT)
class RolloutGateIT {

  private static final int FACTOR = 20;
  private static final int CLIENTS = 400;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String PLAN = "test;20/5/20;25/5/20;100/5/20";

  @TempDir Path home;
  private CrossfadeServer server;
  private Api admin;

  @BeforeEach
  void start() throws Exception {
    server = new CrossfadeServer(home).with(new FastClock(FACTOR)).start();
    admin();
    for (String shop : List.of("shop-a", "shop-b", "shop-bad")) {
      admin().put("api/shops/" + shop, "{\"origins\":[]}");
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void a_healthy_fleet_arrives_at_100_with_the_approval_of_a_person() throws Exception {
    try (Fleet fleet = new Fleet(server, CLIENTS, List.of("shop-a", "shop-b", "shop-bad"), 1)) {
      lay(PLAN);
      assertThat(rule().get("percentage").asDouble()).isEqualTo(20);
      until("promoted to 25 by the gate", () -> rule().get("percentage").asDouble() == 25);
      fleet.write(5);
      until("asks", () -> state().equals("awaiting_approval"));
      assertThat(rule().get("percentage").asDouble()).isEqualTo(25);
      until("says so", () -> gate().get("sentence").asText().contains("approve 100.00 %"));
      assertThat(move("approve").status()).isEqualTo(200);
      assertThat(rule().get("percentage").asDouble()).isEqualTo(100);
      assertThat(state()).isEqualTo("completed");
      // Some are between two pages.
      until("all are on WebSocket", () -> fleet.onWebSocket() > CLIENTS * 3 / 4);
      fleet.write(5);
      until("all were shown all", () -> fleet.behind() == 0);
      assertThat(fleet.gaps()).isZero();
    }
  }

  @Test
  void a_bad_release_is_taken_back_and_no_message_is_lost() throws Exception {
    try (Fleet fleet = new Fleet(server, CLIENTS, List.of("shop-a", "shop-b"), 2)) {
      fleet.fate(m -> Math.floorMod(m.hashCode(), 2) == 0 ? Fleet.Kind.SILENT : Fleet.Kind.HEALTHY);
      lay(PLAN);
      fleet.write(5);
      until("back at 0", () -> rule().get("percentage").asDouble() == 0);
      assertThat(state()).isEqualTo("paused");
      JsonNode entry = admin().get("api/rollout/audit?limit=1").body().get("entries").get(0);
      assertThat(entry.get("action").asText()).isIn("STEP_BACK", "TO_ZERO");
      assertThat(entry.get("actor").asText()).isEqualTo("gate");
      JsonNode handshake = signal(entry.get("evidence"), "handshake");
      assertThat(handshake.get("bad").asDouble() + early(entry)).isPositive();
      fleet.write(5);
      until("everyone polls", () -> fleet.onWebSocket() == 0);
      until("all were shown all", () -> fleet.behind() == 0);
      assertThat(fleet.gaps()).isZero();
    }
  }

  @Test
  void one_bad_shop_is_excluded_and_the_others_go_on() throws Exception {
    List<String> shops = List.of("shop-a", "shop-b", "shop-a", "shop-b", "shop-a", "shop-bad");
    try (Fleet fleet = new Fleet(server, CLIENTS, shops, 3)) {
      fleet.fate(m -> m.shop.equals("shop-bad") ? Fleet.Kind.BLOCKED : Fleet.Kind.HEALTHY);
      lay(PLAN);
      until("excluded", () -> rule().get("deny_shops").size() == 1);
      assertThat(rule().get("deny_shops").get(0).asText()).isEqualTo("shop-bad");
      assertThat(rule().get("percentage").asDouble()).isGreaterThanOrEqualTo(20);
      until("the others go on", () -> rule().get("percentage").asDouble() == 25);
    }
  }

  private double early(JsonNode entry) {
    return signal(entry.get("evidence"), "early_death").get("bad").asDouble();
  }

  private static JsonNode signal(JsonNode evidence, String name) {
    for (JsonNode signal : evidence) {
      if (signal.get("signal").asText().equals(name)) {
        return signal;
      }
    }
    throw new AssertionError("no signal " + name);
  }

  private void until(String what, java.util.concurrent.Callable<Boolean> condition) {
    try {
      await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(condition);
    } catch (org.awaitility.core.ConditionTimeoutException late) {
      throw new AssertionError(what + ": " + rule() + " " + gate(), late);
    }
  }

  private void lay(String plan) {
    Api.Answer laid =
        admin()
            .post(
                "api/rollout/plan",
                "{\"revision\":%d,\"reason\":\"test\",\"plan\":\"%s\"}"
                    .formatted(revision(), plan));
    assertThat(laid.status()).as(laid.body().toString()).isEqualTo(200);
    assertThat(move("start").status()).isEqualTo(200);
  }

  private Api.Answer move(String name) {
    return admin()
        .post(
            "api/rollout/plan/" + name,
            "{\"revision\":%d,\"reason\":\"test\"}".formatted(revision()));
  }

  private long revision() {
    return rule().get("revision").asLong();
  }

  private String state() {
    return rule().get("plan").get("state").asText();
  }

  private JsonNode rule() {
    return admin().get("api/rollout").body();
  }

  private JsonNode gate() {
    return admin().get("api/rollout/gate").body();
  }

  /** A login is good for an hour, which is three minutes here. */
  private Api admin() {
    if (admin == null || admin.get("api/node").status() != 200) {
      admin = server.api().admin();
    }
    return admin;
  }
}
