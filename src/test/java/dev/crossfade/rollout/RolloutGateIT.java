package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.FastClock;
import dev.crossfade.support.Fleet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A plan on a real node with some hundred clients and a clock that runs twenty times as fast: it
 * goes up by itself where all is well, and back where it is not.
 */
@Tag("alone")
@Execution(ExecutionMode.CONCURRENT)
class RolloutGateIT {

  private static final int FACTOR = 20;
  private static final int CLIENTS = 400;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String SECRET = "the receiver knows it";
  private static final String PLAN = "test;20/5/20;25/5/20;100/5/20";

  @TempDir Path home;
  private CrossfadeServer server;
  private Api admin;
  private HttpServer receiver;
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final List<Notice> notices = new CopyOnWriteArrayList<>();

  private record Notice(String signature, byte[] body) {}

  @BeforeEach
  void start() throws Exception {
    receiver = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
    receiver.createContext("/", this::receive);
    receiver.start();
    server =
        new CrossfadeServer(home)
            .with(new FastClock(FACTOR))
            .with("webhook", "http://localhost:" + receiver.getAddress().getPort() + "/hook")
            .with("webhook_secret", SECRET)
            .start();
    admin();
    for (String shop : List.of("shop-a", "shop-b", "shop-bad")) {
      admin().put("api/shops/" + shop, "{\"origins\":[]}");
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    receiver.stop(0);
  }

  /** Refuses each notice once. */
  private void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String delivery = exchange.getRequestHeaders().getFirst("X-Crossfade-Delivery");
    boolean again = !refused.add(delivery);
    if (again) {
      String signature = exchange.getRequestHeaders().getFirst("X-Crossfade-Signature");
      notices.add(new Notice(signature, body));
    }
    exchange.sendResponseHeaders(again ? 204 : 503, -1);
    exchange.close();
  }

  private JsonNode notice(String verdict) {
    for (Notice notice : notices) {
      JsonNode body = Api.parse(new String(notice.body, StandardCharsets.UTF_8));
      if (body.get("verdict").asText().equals(verdict)) {
        assertThat(notice.signature).isEqualTo("sha256=" + hmac(notice.body));
        return body;
      }
    }
    return null;
  }

  private static String hmac(byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
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
      cohort("version>=4;platform=web");
      lay(PLAN);
      fleet.write(5);
      until("back at 0", () -> rule().get("percentage").asDouble() == 0);
      assertThat(state()).isEqualTo("paused");
      JsonNode entry = admin().get("api/rollout/audit?limit=1").body().get("entries").get(0);
      assertThat(entry.get("action").asText()).isIn("STEP_BACK", "TO_ZERO");
      assertThat(entry.get("actor").asText()).isEqualTo("gate");
      JsonNode handshake = signal(entry.get("evidence"), "handshake");
      assertThat(handshake.get("bad").asDouble() + early(entry)).isPositive();
      until("told", () -> notice(entry.get("action").asText().toLowerCase(Locale.ROOT)) != null);
      JsonNode told = notice(entry.get("action").asText().toLowerCase(Locale.ROOT));
      assertThat(told.get("acted").asBoolean()).isTrue();
      assertThat(told.get("rollout").get("percentage").asDouble()).isZero();
      assertThat(told.get("signals")).isNotEmpty();
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

  private void until(String what, Callable<Boolean> condition) {
    try {
      await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(condition);
    } catch (ConditionTimeoutException late) {
      throw new AssertionError(what + ": " + rule() + " " + gate(), late);
    }
  }

  private void cohort(String cohort) {
    String change = "{\"revision\":%d,\"reason\":\"test\",\"cohort\":\"%s\"}";
    Api.Answer changed = admin().put("api/rollout", change.formatted(revision(), cohort));
    assertThat(changed.status()).as(changed.body().toString()).isEqualTo(200);
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
