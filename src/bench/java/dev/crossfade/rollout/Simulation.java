package dev.crossfade.rollout;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Api;
import dev.crossfade.support.FastClock;
import dev.crossfade.support.Fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Fleet.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stories of rollouts on a real node with some thousand scripted clients and a clock that runs
 * twenty times as fast. Prints what happened when, and fails where a story does not end as it must.
 */
@Tag("long")
class Simulation {

  private static final int FACTOR = 20;
  private static final int CLIENTS = Integer.getInteger("clients", 2_000);
  private static final long SEED = Long.getLong("seed", 20_261_121L);
  private static final Duration LONGEST = Duration.ofMinutes(12);
  private static final int WRITE_EVERY = 20;
  private static final String PLAN =
      "simulated;5/15/30;10/15/50;25/15/100;50/15/200/approve;100/15/200/approve";

  @TempDir Path home;
  private final FastClock clock = new FastClock(FACTOR);
  private CrossfadeServer server;
  private Api admin;
  private String said = "";
  private int written;

  @BeforeEach
  void start() throws Exception {
    server = new CrossfadeServer(home).with(clock).start();
    for (String shop : List.of("anna", "bert", "carl")) {
      admin().put("api/shops/" + shop, "{\"origins\":[]}");
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void a_healthy_fleet_arrives_at_100() throws Exception {
    tell("a healthy fleet of " + CLIENTS + ", approvals given at once");
    try (Fleet fleet = new Fleet(server, CLIENTS, List.of("anna", "bert", "carl"), SEED)) {
      startPlan();
      until(fleet, rule -> state(rule).equals("completed"));
      assertThat(rule().get("percentage").asDouble()).isEqualTo(100);
      settle(fleet);
    }
  }

  @Test
  void a_bad_release_is_taken_back_and_goes_on_when_it_is_mended() throws Exception {
    tell("from 25 % on, a proxy answers 101 to a fifth of the new sockets and passes nothing");
    try (Fleet fleet = new Fleet(server, CLIENTS, List.of("anna", "bert", "carl"), SEED)) {
      startPlan();
      until(fleet, rule -> rule.get("percentage").asDouble() >= 25);
      fleet.fate(m -> Math.floorMod(m.hashCode(), 5) == 0 ? Kind.SILENT : Kind.HEALTHY);
      until(fleet, rule -> rule.get("percentage").asDouble() < 25);
      fleet.fate(m -> Kind.HEALTHY);
      line("the proxy is mended");
      if (state(rule()).equals("paused")) {
        move("resume", "the proxy is mended");
      }
      until(fleet, rule -> rule.get("percentage").asDouble() >= 25);
      settle(fleet);
    }
  }

  @Test
  void flapping_is_taken_back() throws Exception {
    tell("a tenth of the clients lose their socket half a second after it proved itself");
    try (Fleet fleet = new Fleet(server, CLIENTS, List.of("anna", "bert", "carl"), SEED)) {
      fleet.fate(m -> Math.floorMod(m.hashCode(), 10) == 0 ? Kind.FLAPPING : Kind.HEALTHY);
      startPlan();
      until(fleet, rule -> rule.get("percentage").asDouble() == 0);
      settle(fleet);
    }
  }

  @Test
  void one_bad_shop_is_excluded_and_the_others_go_on() throws Exception {
    tell("the network of shop carl, a sixth of the clients, blocks WebSocket");
    List<String> shops = List.of("anna", "bert", "anna", "bert", "anna", "carl");
    try (Fleet fleet = new Fleet(server, CLIENTS, shops, SEED)) {
      fleet.fate(m -> m.shop.equals("carl") ? Kind.BLOCKED : Kind.HEALTHY);
      startPlan();
      until(fleet, rule -> rule.get("deny_shops").size() > 0);
      assertThat(rule().get("deny_shops").get(0).asText()).isEqualTo("carl");
      until(fleet, rule -> rule.get("percentage").asDouble() >= 25);
      settle(fleet);
    }
  }

  private void startPlan() {
    long revision = rule().get("revision").asLong();
    admin()
        .post(
            "api/rollout/plan",
            "{\"revision\":%d,\"reason\":\"simulation\",\"plan\":\"%s\"}".formatted(revision, PLAN));
    move("start", "simulation");
  }

  /** Prints each change of the story; approves where a person is asked, and writes now and then. */
  private void until(Fleet fleet, Predicate<JsonNode> end) throws InterruptedException {
    long giveUp = System.nanoTime() + LONGEST.toNanos();
    JsonNode rule = rule();
    while (!end.test(rule)) {
      assertThat(System.nanoTime()).as("the story ends").isLessThan(giveUp);
      JsonNode gate = admin().get("api/rollout/gate").body();
      String what =
          "%6s %% %-18s %-12s %s"
              .formatted(
                  rule.get("percentage").asText(),
                  state(rule),
                  gate.path("verdict").asText(),
                  gate.path("sentence").asText());
      String gist = what.replaceAll("[0-9]+", "");
      if (!gist.equals(said)) {
        said = gist;
        line(what + " (" + fleet.onWebSocket() + " on WebSocket)");
      }
      if (state(rule).equals("awaiting_approval")) {
        line("a person approves");
        move("approve", "looked at it");
      }
      written += fleet.write(WRITE_EVERY);
      TimeUnit.SECONDS.sleep(1);
      rule = rule();
    }
    line(
        "%6s %% %-18s %s by %s"
            .formatted(
                rule.get("percentage").asText(),
                state(rule),
                rule.get("reason").asText(),
                rule.get("updated_by").asText()));
  }

  /** Everybody was shown everything, in order. */
  private void settle(Fleet fleet) throws InterruptedException {
    long giveUp = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (fleet.behind() > 0 && System.nanoTime() < giveUp) {
      TimeUnit.MILLISECONDS.sleep(200);
    }
    line(
        written
            + " messages written, "
            + fleet.behind()
            + " clients behind, "
            + fleet.gaps()
            + " gaps, "
            + fleet.onWebSocket()
            + " on WebSocket");
    assertThat(fleet.behind()).isZero();
    assertThat(fleet.gaps()).isZero();
    assertThat(admin().get("api/rollout/audit/verify").body().get("holds").asBoolean()).isTrue();
  }

  private void move(String name, String reason) {
    admin()
        .post(
            "api/rollout/plan/" + name,
            "{\"revision\":%d,\"reason\":\"%s\"}"
                .formatted(rule().get("revision").asLong(), reason));
  }

  private static String state(JsonNode rule) {
    return rule.get("plan").path("state").asText();
  }

  private JsonNode rule() {
    return admin().get("api/rollout").body();
  }

  /** A login is good for an hour, which is three minutes here. */
  private Api admin() {
    if (admin == null || admin.get("api/node").status() != 200) {
      admin = server.api().admin();
    }
    return admin;
  }

  private static void tell(String story) {
    System.out.println("simulation: " + story);
  }

  private void line(String what) {
    Duration passed = clock.passed();
    System.out.printf(
        Locale.ROOT,
        "simulation: %d:%02d h %s%n",
        passed.toHours(),
        passed.toMinutesPart(),
        what);
  }
}
