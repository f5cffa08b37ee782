package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.togglz.console.TogglzConsoleServlet;

/**
 * Togglz' own console, unmodified, in a deployment of the product: it shows what the product's API
 * shows, and what is written there is in force, audited and seen by clients, or refused aloud.
 */
class TogglzConsoleIT {

  private static final Pattern FIELD =
      Pattern.compile(
          "<label[^>]*for=\"(p[0-9]+)\">\\s*(.*?)\\s*</label>.*?<input"
              + " id=\"\\1\"[^>]*value=\"(.*?)\"/>",
          Pattern.DOTALL);

  private static final Pattern ROW =
      Pattern.compile(
          "<span title=\"([A-Z_]+)\">.*?<input type=\"submit\"[^>]*value=\"(Enabled|Disabled)\"",
          Pattern.DOTALL);

  @TempDir static Path home;
  static CrossfadeServer server;
  static Api admin;
  static final HttpClient HTTP = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    server =
        new CrossfadeServer(home)
            .configured(
                context -> {
                  // The console knows no user of ours; a real deployment would guard its path.
                  context.addParameter("org.togglz.console.SECURED", "false");
                  context.addParameter("org.togglz.console.validateCSRFToken", "false");
                  Tomcat.addServlet(context, "togglz", new TogglzConsoleServlet())
                      .addMapping("/togglz/*");
                })
            .start();
    admin = server.api().admin();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void the_console_shows_what_the_api_shows() {
    put(
        "\"percentage\":12.34,\"salt\":\"s-2\",\"allow_clients\":[\"b\",\"a\"],"
            + "\"deny_shops\":[\"demo\"],\"cohort\":\"version>=4.2;platform=ios,web\","
            + "\"ceiling\":60,\"watch_only\":true");
    plan("p;1/240/30;50/0/1/approve");
    JsonNode rule = rule();
    Map<String, String> shown = shown();
    assertThat(shown)
        .containsEntry("Percentage", "12.34")
        .containsEntry("Percentage", text(rule, "percentage"))
        .containsEntry("Salt", text(rule, "salt"))
        .containsEntry("Bucket by", text(rule, "bucket_by"))
        .containsEntry("Allowed shops", ids(rule, "allow_shops"))
        .containsEntry("Allowed clients", ids(rule, "allow_clients"))
        .containsEntry("Denied shops", ids(rule, "deny_shops"))
        .containsEntry("Denied clients", ids(rule, "deny_clients"))
        .containsEntry("Cohort", text(rule, "cohort"))
        .containsEntry("Ceiling", text(rule, "ceiling"))
        .containsEntry("Watch only", text(rule, "watch_only"))
        .containsEntry("Plan", text(rule.get("plan"), "text"))
        .containsEntry("Stage", text(rule.get("plan"), "stage"))
        .containsEntry("State of the plan", text(rule.get("plan"), "state"))
        .containsEntry("Step backs", text(rule.get("plan"), "step_backs"))
        .containsEntry("Killed", text(rule, "killed"))
        .containsEntry("Revision", text(rule, "revision"))
        .containsEntry("Reason", text(rule, "reason"))
        .containsEntry("Changed by", text(rule, "updated_by"));
    assertThat(Instant.parse(shown.get("Changed at")))
        .isEqualTo(Instant.parse(text(rule, "updated_at")));
    assertThat(Instant.parse(shown.get("Since")))
        .isEqualTo(Instant.parse(text(rule.get("plan"), "since")));
    assertThat(switches())
        .containsEntry("WEBSOCKET", true)
        .containsEntry("KILL", false)
        .containsEntry("LOCAL_KILL", false)
        .containsEntry("GATE_WATCH_ONLY", true);
  }

  @Test
  void what_is_saved_in_the_console_is_in_force_audited_and_pauses_a_plan() {
    put("\"percentage\":0,\"deny_shops\":[],\"cohort\":\"\",\"ceiling\":100");
    plan("p;1/240/30;50/0/1/approve");
    move("start");
    assertThat(rule().get("plan").get("state").asText()).isEqualTo("running");
    assertThat(choice("anybody")).isEqualTo("polling");

    assertThat(save(Map.of("Percentage", "100", "Reason", "from the console"))).isEqualTo(302);
    JsonNode rule = rule();
    assertThat(rule.get("percentage").asText()).isEqualTo("100.0");
    assertThat(rule.get("plan").get("state").asText()).isEqualTo("paused");
    assertThat(choice("anybody")).isEqualTo("websocket");
    JsonNode entry = newest();
    assertThat(entry.get("action").asText()).isEqualTo("CHANGE");
    assertThat(entry.get("actor").asText()).isEqualTo("togglz");
    assertThat(entry.get("reason").asText()).isEqualTo("from the console");
    assertThat(entry.get("to").get("revision").asLong()).isEqualTo(revision());
    assertThat(shown()).containsEntry("Percentage", "100.00");

    assertThat(save(Map.of("Denied shops", "demo"))).isEqualTo(302);
    assertThat(choice("anybody")).isEqualTo("polling");
    assertThat(save(Map.of("Denied shops", ""))).isEqualTo(302);
    assertThat(choice("anybody")).as("emptied is lifted").isEqualTo("websocket");
  }

  @Test
  void what_the_console_cannot_have_carried_out_is_refused_and_changes_nothing() {
    Map<String, String> stale = fields();
    put("\"percentage\":7");
    long revision = revision();
    assertThat(post("WEBSOCKET", true, stale)).as("outdated").isEqualTo(500);
    for (Map<String, String> bad :
        List.of(
            Map.of("Percentage", "101"),
            Map.of("Percentage", ""),
            Map.of("Denied shops", "no-such-shop"),
            Map.of("State of the plan", "completed"),
            Map.of("Killed", "true"))) {
      assertThat(save(bad)).as(bad.toString()).isEqualTo(500);
      assertThat(newest().get("refused").asText()).isEqualTo("bad_parameter");
    }
    assertThat(post("WEBSOCKET", true, Map.of())).as("no strategy: everybody").isEqualTo(500);
    assertThat(post("LOCAL_KILL", true, Map.of())).isEqualTo(500);
    assertThat(revision()).isEqualTo(revision);
    assertThat(rule().get("percentage").asDouble()).isEqualTo(7);
  }

  @Test
  void the_console_kills_and_the_api_lifts_it_with_a_percentage() {
    put("\"percentage\":100,\"deny_shops\":[],\"cohort\":\"\",\"ceiling\":100");
    assertThat(post("KILL", true, Map.of())).isEqualTo(302);
    assertThat(rule().get("killed").asBoolean()).isTrue();
    assertThat(newest().get("action").asText()).isEqualTo("KILL");
    assertThat(choice("anybody")).isEqualTo("polling");
    assertThat(switches()).containsEntry("KILL", true);
    assertThat(post("KILL", false, Map.of())).isEqualTo(500);
    assertThat(rule().get("killed").asBoolean()).isTrue();
    admin.post(
        "api/rollout/unkill",
        "{\"reason\":\"mended\",\"percentage\":100,\"revision\":" + revision() + "}");
    assertThat(switches()).containsEntry("KILL", false);
    assertThat(choice("anybody")).isEqualTo("websocket");
  }

  // ---- the console

  /** The values of the form for WEBSOCKET, by label. */
  private static Map<String, String> shown() {
    Map<String, String> shown = new LinkedHashMap<>();
    Matcher matcher = FIELD.matcher(page("edit?f=WEBSOCKET"));
    while (matcher.find()) {
      shown.put(plain(matcher.group(2)), plain(matcher.group(3)));
    }
    assertThat(shown).hasSize(21);
    return shown;
  }

  /** The same by the name of the input. */
  private static Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    shown().values().forEach(value -> fields.put("p" + (fields.size() + 1), value));
    fields.put("strategy", "crossfade-percent");
    return fields;
  }

  /** Fills the form in as somebody would who changes only these, and answers the status. */
  private static int save(Map<String, String> changed) {
    Map<String, String> fields = fields();
    int i = 1;
    for (String label : shown().keySet()) {
      String name = "p" + i++;
      fields.put(name, changed.getOrDefault(label, fields.get(name)));
    }
    return post("WEBSOCKET", true, fields);
  }

  private static int post(String feature, boolean enabled, Map<String, String> fields) {
    Map<String, String> form = new LinkedHashMap<>(fields);
    form.put("f", feature);
    form.put("t", "0");
    form.put("enabled", enabled ? "enabled" : "");
    String body =
        form.entrySet().stream()
            .map(
                field ->
                    field.getKey()
                        + "="
                        + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return send(HttpRequest.newBuilder(URI.create(server.url() + "togglz/edit"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body)))
        .statusCode();
  }

  private static Map<String, Boolean> switches() {
    Map<String, Boolean> switches = new LinkedHashMap<>();
    Matcher matcher = ROW.matcher(page("index"));
    while (matcher.find()) {
      switches.putIfAbsent(matcher.group(1), matcher.group(2).equals("Enabled"));
    }
    return switches;
  }

  private static String page(String path) {
    HttpResponse<String> page =
        send(HttpRequest.newBuilder(URI.create(server.url() + "togglz/" + path)));
    assertThat(page.statusCode()).isEqualTo(200);
    return page.body();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String plain(String html) {
    return html.replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  // ---- the API

  private static JsonNode rule() {
    return admin.get("api/rollout").body();
  }

  private static long revision() {
    return rule().get("revision").asLong();
  }

  private static JsonNode newest() {
    return admin.get("api/rollout/audit?limit=1").body().get("entries").get(0);
  }

  private static String choice(String client) {
    return server
        .api()
        .get("api/transport?client_id=" + client + "&shop_id=demo")
        .body()
        .get("transport")
        .asText();
  }

  private static void put(String changes) {
    change("PUT", "api/rollout", changes);
  }

  private static void plan(String plan) {
    change("POST", "api/rollout/plan", "\"plan\":\"" + plan + "\"");
  }

  private static void move(String move) {
    change("POST", "api/rollout/plan/" + move, "\"x\":0");
  }

  private static void change(String method, String path, String fields) {
    String body =
        "{\"revision\":" + revision() + ",\"reason\":\"a <reason> & more\"," + fields + "}";
    Api.Answer answer = method.equals("PUT") ? admin.put(path, body) : admin.post(path, body);
    assertThat(answer.status()).as(answer.raw().body()).isEqualTo(200);
  }

  private static String text(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value.isDouble() ? String.format("%.2f", value.asDouble()) : value.asText();
  }

  private static String ids(JsonNode rule, String name) {
    return StreamSupport.stream(rule.get(name).spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .collect(Collectors.joining(","));
  }
}
