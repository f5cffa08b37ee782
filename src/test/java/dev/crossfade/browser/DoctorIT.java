package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.ChaosProxy.Mode;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawHttp;
import dev.crossfade.support.Stage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The connection doctor in a real Chromium, behind what it is to recognise; and what it asks. It
 * waits most of the time, so it runs next to another class; the lock keeps its own tests in order.
 */
@Tag("alone")
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("doctor")
class DoctorIT {

  private static final String SHORT =
      "globalThis.crossfadeDoctorOptions = {holdSeconds: 2, silenceSeconds: 3}";

  private static final String OVER = "#share:not([hidden])";

  @RegisterExtension static final Stage STAGE = Stage.own();

  private final CrossfadeServer server = STAGE.server();
  private final Chromium chromium = STAGE.chromium();
  private final ChaosProxy proxy = STAGE.proxy();

  // ---- the page

  @ParameterizedTest
  @ValueSource(strings = {"en", "zh-CN"})
  void on_a_good_path_all_is_well(String language) {
    Page page = page(language);
    page.navigate(proxy.url() + "doctor/");
    page.waitForSelector("[data-check=silence][data-state=running] progress");
    Chromium.picture(page, "doctor-running-" + language);
    page.waitForSelector(OVER);
    assertThat(states(page)).containsOnly(Map.entry("good", 8));
    assertThat(page.getAttribute("#verdict", "data-level")).isEqualTo("good");
    assertThat(page.textContent("[data-check=protocol] p")).contains("http/1.1", "HTTP/1.1");
    assertThat(page.textContent("[data-check=address] p")).contains("127.0.0.1", origin());
    assertThat(page.isVisible("#mend")).isFalse();
    assertThat(page.textContent("#verdict")).contains(language.equals("en") ? "both" : "均可用");
    Chromium.picture(page, "doctor-good-" + language);
    Chromium.accessible(page);
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"en", "zh-CN"})
  void a_stripped_upgrade_is_named_and_mended_with_the_lines_that_concern_it(String language) {
    proxy.mode(Mode.STRIP_UPGRADE);
    Page page = checked(language);
    assertThat(fault(page)).isEqualTo("upgrade");
    assertThat(page.textContent("[data-check=socket] p")).contains("HTTP/1.1", "Upgrade");
    assertThat(state(page, "hold")).isEqualTo("good");
    assertThat(state(page, "silence")).isEqualTo("skipped");
    page.locator("summary").all().forEach(summary -> summary.click());
    assertThat(lines(page, "nginx"))
        .contains("proxy_set_header Upgrade $http_upgrade;")
        .doesNotContain("timeout", "Host");
    assertThat(lines(page, "Apache httpd")).contains("upgrade=websocket");
    assertThat(page.locator("[data-front]").count()).isEqualTo(4);
    Chromium.picture(page, "doctor-upgrade-" + language);
    Chromium.accessible(page);
    page.click("[data-front=nginx] button");
    page.waitForFunction(
        "() => getSelection().toString().includes('$http_upgrade')"
            + " || /Copied|已复制/.test(document.querySelector('[data-front=nginx] button').textContent)");
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "SILENT_101, deaf, socket, never arrived",
    "REFUSE, unreachable, http, No answer",
    "BLACK_HOLE, unreachable, http, No answer",
    "HTML, foreign, http, not this server's",
    "BUFFER, slow, http, took",
    "IDLE_CUT, hold, hold, Cut after 1 s"
  })
  void what_breaks_on_the_way_is_named(Mode mode, String fault, String check, String says) {
    Page page = page("en");
    page.navigate(proxy.url() + "doctor/");
    page.waitForSelector(OVER);
    proxy.mode(mode).cut();
    page.click("#again");
    page.waitForSelector("#verdict[data-fault=" + fault + "]");
    page.waitForSelector(OVER);
    assertThat(fault(page)).isEqualTo(fault);
    assertThat(page.textContent("[data-check=" + check + "] p")).contains(says);
    assertThat(proxy.hits()).isPositive();
    if (mode == Mode.IDLE_CUT) {
      assertThat(page.textContent("[data-check=silence] p")).contains("after 1 s", "heartbeat");
      assertThat(lines(page, "nginx")).contains("75s").doesNotContain("Upgrade");
    }
    if (mode == Mode.REFUSE) {
      Chromium.picture(page, "doctor-unreachable");
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void a_kill_and_a_disabled_toggle_are_not_blamed_on_the_network() {
    Api admin = server.api().admin();
    admin.post("api/rollout/kill", "{\"reason\":\"test\"}");
    try {
      Page page = checked("en");
      assertThat(fault(page)).isEqualTo("off");
      assertThat(page.textContent("[data-check=socket] p"))
          .contains("(kill)", "503", "not your network's");
      assertThat(page.getAttribute("#verdict", "data-level")).isEqualTo("warning");
      assertThat(page.locator("[data-front]").count()).isZero();
      assertThat(page.textContent("#text")).doesNotContain("proxy");
    } finally {
      admin.post(
          "api/rollout/unkill",
          "{\"reason\":\"test\",\"percentage\":0,\"revision\":" + revision(admin) + "}");
    }
    change(admin, "\"enabled\":false");
    try {
      assertThat(checked("en").textContent("[data-check=socket] p")).contains("off", "503");
    } finally {
      change(admin, "\"enabled\":true");
    }
  }

  @Test
  void the_long_checks_can_be_left_out() {
    Page page = chromium.page(chromium.context("en"));
    page.navigate(proxy.url() + "doctor/");
    page.waitForSelector("[data-check=frame][data-state=good]");
    page.click("#skip");
    page.waitForSelector(OVER);
    assertThat(state(page, "hold")).isEqualTo("skipped");
    assertThat(state(page, "silence")).isEqualTo("skipped");
    assertThat(page.textContent("#verdict")).contains("not everything");
  }

  @Test
  void a_link_shows_the_same_result_elsewhere_and_runs_nothing() {
    proxy.mode(Mode.STRIP_UPGRADE);
    Page visitor = checked("zh-CN");
    String link = visitor.inputValue("#link");
    assertThat(link).startsWith(proxy.url() + "doctor/#r=");
    assertThat(link.length()).isLessThan(2_100);

    Page ops = page("en");
    List<String> asked = new CopyOnWriteArrayList<>();
    ops.onRequest(request -> asked.add(request.url()));
    ops.onWebSocket(socket -> asked.add(socket.url()));
    ops.navigate(link);
    ops.waitForSelector(OVER);
    assertThat(fault(ops)).isEqualTo("upgrade");
    assertThat(ops.textContent("#verdict")).contains("takes the Upgrade header off");
    assertThat(figures(ops)).isEqualTo(figures(visitor));
    assertThat(ops.inputValue("#link")).isEqualTo(link);
    assertThat(ops.textContent("#shared")).contains("Chrom", origin());
    assertThat(asked).noneMatch(url -> url.contains("/api/") || url.contains("/echo"));
    Chromium.picture(ops, "doctor-link");
    Chromium.accessible(ops);
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#r=",
        "#r=%3Cimg%20src=x%20onerror=alert(1)%3E",
        "#r=eyJhIjoxfQ",
        "#<script>alert(1)</script>",
        "MARKUP",
        "LONG"
      })
  void a_foreign_link_shows_a_clear_message_and_nothing_else(String hash) {
    String markup = "{\"at\":1,\"page\":\"<img src=x onerror=alert(1)>\",\"http\":{\"ms\":1}}";
    String end =
        switch (hash) {
          case "MARKUP" ->
              "#r="
                  + Base64.getUrlEncoder()
                      .withoutPadding()
                      .encodeToString(markup.getBytes(StandardCharsets.UTF_8));
          case "LONG" -> "#r=" + "A".repeat(100_000);
          default -> hash;
        };
    Page page = page("en");
    page.navigate(proxy.url() + "doctor/" + end);
    PlaywrightAssertions.assertThat(page.locator("#verdict"))
        .containsText("holds no result that this page can read");
    assertThat(page.isVisible("#result")).isFalse();
    assertThat(page.isVisible("#shared")).isFalse();
    assertThat(page.locator("main img, main script").count()).isZero();
    assertThat(page.textContent("main")).doesNotContain("onerror");
    if (hash.equals("#r=")) {
      Chromium.picture(page, "doctor-garbage");
      Chromium.accessible(page);
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void the_lines_that_it_prints_mend_a_bare_nginx(@TempDir Path folder) throws Exception {
    assumeThat(isNginxInstalled()).as("nginx is installed").isTrue();
    int port = freePort();
    Page page = page("en");
    String url = "http://localhost:" + port + "/crossfade/doctor/";
    Process nginx = nginx(folder, port, "", "");
    String nginxLines;
    try {
      page.navigate(url);
      page.waitForSelector(OVER);
      assertThat(fault(page)).isEqualTo("upgrade");
      assertThat(page.textContent("[data-check=protocol] p")).contains("HTTP/1.0");
      assertThat(page.textContent("[data-check=address] p")).contains("127.0.0.1:" + server.port());
      assertThat(page.textContent("[data-check=hold] p")).contains("HTTP 504");
      assertThat(page.textContent("[data-check=parts] p")).contains("came together");
      nginxLines = lines(page, "nginx");
      Chromium.picture(page, "doctor-nginx");
    } finally {
      nginx.destroy();
      nginx.waitFor();
    }
    String[] places = nginxLines.split("# in location [^\n]*\n");
    nginx = nginx(folder, port, places[0], places[1]);
    try {
      page.navigate("about:blank");
      page.navigate(url);
      page.waitForSelector(OVER);
      assertThat(states(page)).containsOnly(Map.entry("good", 8));
    } finally {
      nginx.destroy();
      nginx.waitFor();
    }
  }

  // ---- what it asks

  @Test
  void the_server_tells_of_the_request_that_asks_and_of_nothing_else() {
    Answer answer =
        server
            .api()
            .send(
                server
                    .api()
                    .request("api/doctor")
                    .header("X-Forwarded-For", "203.0.113.7")
                    .header("Via", "x".repeat(1_000))
                    .header("Cookie", "secret=1"));
    assertThat(answer.status()).isEqualTo(200);
    JsonNode seen = answer.body();
    assertThat(seen.get("address").asText()).isEqualTo("127.0.0.1");
    assertThat(seen.get("self").asText()).isEqualTo("http://localhost:" + server.port());
    assertThat(seen.get("websocket").asText()).isEqualTo("served");
    assertThat(seen.get("ajp").asBoolean()).isFalse();
    assertThat(seen.get("forwarded").get("x_forwarded_for").asText()).isEqualTo("203.0.113.7");
    assertThat(seen.get("forwarded").get("via").asText()).hasSize(200);
    assertThat(seen.toString()).doesNotContain("secret");
    assertThat(seen.fieldNames())
        .toIterable()
        .containsExactly("address", "self", "protocol", "ajp", "websocket", "forwarded");
  }

  @Test
  void ajp_in_the_way_is_noticed() throws Exception {
    try (var socket = new java.net.Socket("127.0.0.1", server.ajp())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(forwardRequest("/crossfade/api/doctor"));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      for (int b;
          !answer.toString(StandardCharsets.UTF_8).contains("}}") && (b = in.read()) >= 0; ) {
        answer.write(b);
      }
      assertThat(answer.toString(StandardCharsets.UTF_8)).contains("\"ajp\":true");
    }
  }

  @Test
  void a_handshake_is_found_by_its_own_id_only() {
    String id = "0123456789abcdef0123456789abcdef";
    assertThat(handshake("/crossfade/doctor/echo?id=" + id, "")).startsWith("HTTP/1.1 101");
    await().until(() -> arrival(id).get("arrived").asBoolean());
    assertThat(arrival(id).get("upgrade").asBoolean()).isTrue();
    assertThat(arrival(id).get("status").asInt()).isEqualTo(101);
    assertThat(arrival(id.replace('0', '1')).get("arrived").asBoolean()).isFalse();
    assertThat(server.api().get("api/doctor/handshake").body().get("arrived").asBoolean())
        .isFalse();
    assertThat(server.api().get("api/doctor/handshake?id=%3C").status()).isEqualTo(400);
  }

  @Test
  void an_echo_is_for_pages_that_may_chat_here() {
    assertThat(handshake("/crossfade/doctor/echo", "Origin: https://evil.example\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(server.api().get("doctor/echo").status()).isEqualTo(426);
  }

  @Test
  void an_echo_has_bounds() {
    Page page = page("en");
    page.navigate(server.url() + "doctor/#r=");
    assertThat(end(page, "s.send('x'.repeat(40000))")).isEqualTo(1009);
    assertThat(end(page, "for (let i = 0; i <= 50; i++) s.send('x')")).isEqualTo(4429);
    List<Integer> more =
        IntStream.range(0, 25)
            .mapToObj(
                i ->
                    (Integer)
                        page.evaluate(
                            "() => new Promise(done => { const s = new WebSocket("
                                + "new URL('echo', location.href.replace('http', 'ws').replace(/#.*/, '')));"
                                + " s.onopen = () => done(1); s.onerror = () => done(0); })"))
            .toList();
    assertThat(more.stream().filter(opened -> opened == 1).count()).isEqualTo(20);
    page.close();
    await().until(() -> handshake("/crossfade/doctor/echo", "").startsWith("HTTP/1.1 101"));
  }

  @Test
  void held_requests_have_a_bound_and_end_with_the_application(@TempDir Path other)
      throws Exception {
    try (CrossfadeServer own = new CrossfadeServer(other).start()) {
      Api api = own.api();
      List<CompletableFuture<Answer>> held = new ArrayList<>();
      for (int i = 0; i < 210; i++) {
        held.add(api.getLater("api/doctor/hold?wait=25"));
      }
      await().until(() -> held.stream().filter(CompletableFuture::isDone).count() == 10);
      assertThat(
              held.stream().filter(CompletableFuture::isDone).map(answer -> answer.join().code()))
          .containsOnly("unavailable");
      own.undeploy(() -> {});
      List<Answer> answers = held.stream().map(CompletableFuture::join).toList();
      assertThat(answers.stream().filter(answer -> answer.status() == 200)).hasSize(200);
      assertThat(answers.stream().filter(answer -> answer.status() == 200))
          .allMatch(answer -> !answer.body().get("held").asBoolean());
    }
  }

  @Test
  void who_asks_too_often_is_told_so(@TempDir Path other) throws Exception {
    try (CrossfadeServer own = new CrossfadeServer(other).start()) {
      Answer last = own.api().get("api/doctor");
      // The bucket refills by five a second: on a slow machine it takes more than 300.
      for (int i = 0; i < 1_000 && last.status() != 429; i++) {
        last = own.api().get("api/doctor");
      }
      assertThat(last.status()).isEqualTo(429);
      assertThat(last.header("Retry-After")).isNotNull();
    }
  }

  // ----

  /** A GET as mod_proxy_ajp sends it. */
  private static byte[] forwardRequest(String path) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    out.write(new byte[] {2, 2}); // forward request, GET
    for (String text : List.of("HTTP/1.1", path, "127.0.0.1", "localhost", "localhost")) {
      ajpString(out, text);
    }
    out.writeShort(80);
    out.writeByte(0); // not TLS
    out.writeShort(1);
    out.writeShort(0xA00B); // Host
    ajpString(out, "localhost");
    out.writeByte(0xFF);
    ByteArrayOutputStream packet = new ByteArrayOutputStream();
    DataOutputStream head = new DataOutputStream(packet);
    head.writeShort(0x1234);
    head.writeShort(body.size());
    body.writeTo(head);
    return packet.toByteArray();
  }

  private static void ajpString(DataOutputStream out, String text) throws IOException {
    out.writeShort(text.length());
    out.writeBytes(text);
    out.writeByte(0);
  }

  private Page page(String language) {
    var context = chromium.context(language);
    context.addInitScript(SHORT);
    return chromium.page(context);
  }

  /** The page after all its checks. */
  private Page checked(String language) {
    Page page = page(language);
    page.navigate(proxy.url() + "doctor/");
    page.waitForSelector(OVER);
    return page;
  }

  private String origin() {
    return proxy.url().replace("/crossfade/", "");
  }

  private static String fault(Page page) {
    return page.getAttribute("#verdict", "data-fault");
  }

  private static String state(Page page, String check) {
    return page.getAttribute("[data-check=" + check + "]", "data-state");
  }

  private static Map<String, Integer> states(Page page) {
    Map<String, Integer> counts = new TreeMap<>();
    page.querySelectorAll("[data-check]")
        .forEach(item -> counts.merge(item.getAttribute("data-state"), 1, Integer::sum));
    return counts;
  }

  private static List<String> figures(Page page) {
    return page.locator("[data-check] .figure").allTextContents();
  }

  private static String lines(Page page, String front) {
    return page.textContent("[data-front='" + front + "'] pre");
  }

  /** The code with which a socket is closed that does this once it is open. */
  private static Integer end(Page page, String does) {
    return (Integer)
        page.evaluate(
            "() => new Promise(done => { const s = new WebSocket("
                + "new URL('echo', location.href.replace('http', 'ws').replace(/#.*/, '')));"
                + " s.onclose = e => done(e.code); s.onopen = () => { "
                + does
                + " }; })");
  }

  private String handshake(String path, String headers) {
    return RawHttp.handshake(server.port(), path, headers);
  }

  private JsonNode arrival(String id) {
    return server.api().get("api/doctor/handshake?id=" + id).body();
  }

  private static long revision(Api admin) {
    return admin.get("api/rollout").body().get("revision").asLong();
  }

  private static void change(Api admin, String what) {
    String change = "{\"revision\":" + revision(admin) + ",\"reason\":\"test\"," + what + "}";
    assertThat(admin.put("api/rollout", change).status()).isEqualTo(200);
  }

  /** As somebody writes it who has read the first page of the manual; and impatient. */
  private Process nginx(Path folder, int port, String beside, String location) throws IOException {
    String patience = location.contains("timeout") ? "" : "proxy_read_timeout 1500ms;";
    Path file =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            daemon off;
            user %s;
            pid nginx.pid;
            error_log stderr crit;
            events {}
            http {
              access_log off;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              %s
              server {
                listen %d;
                location /crossfade/ {
                  proxy_pass http://127.0.0.1:%d;
                  %s
                  %s
                }
              }
            }
            """
                .formatted(
                    System.getProperty("user.name"),
                    beside,
                    port,
                    server.port(),
                    patience,
                    location));
    Process nginx =
        new ProcessBuilder("nginx", "-p", folder.toString(), "-c", file.toString())
            .inheritIO()
            .start();
    await().until(() -> isListening(port));
    return nginx;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean isListening(int port) {
    try (var probe = SocketChannel.open(new InetSocketAddress("localhost", port))) {
      return probe.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static boolean isNginxInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "nginx")));
  }
}
