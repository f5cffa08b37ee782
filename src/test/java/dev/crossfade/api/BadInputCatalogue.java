package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.run.RealTomcat;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Line;
import dev.crossfade.support.PollingLine;
import dev.crossfade.support.RawHttp;
import dev.crossfade.support.RawSocket;
import dev.crossfade.support.Socket;
import dev.crossfade.support.SocketLine;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What people, proxies and attackers send: the rows of the catalogue of bad input, each case with
 * its number. Each gets its clear answer, stores nothing, and neither the socket nor the poll of a
 * bystander notices.
 *
 * <p>Elsewhere: 49 and 50 to the second in TokensTest; 54, 64 in RevocationIT; 55 to 59, 62, 63 in
 * IdentityIT; 60, 61, 67 in PollingIT; 65, 92 in LimitsIT; 84 is what SILENT_FOR is for
 * (WebSocketIT). Not applicable: 26 (there is no export), 35 (nothing is thrown away yet), 36 (a
 * cursor is a plain number of its conversation), 46 (one algorithm per key). Tomcat's own and left
 * to the proxy before it: 75, 76, 91 for pings, which it answers itself and tells nobody of.
 */
abstract class BadInputCatalogue {

  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  /** What no answer may give away. */
  private static final String INSIDES =
      "(?is).*(dev\\.crossfade|org\\.|java\\.|jakarta|exception|\\bat [a-z]+\\.|select |hibernate"
          + "|jackson|tomcat).*";

  @TempDir static Path home;
  static RealTomcat server;
  static Api visitor;
  static Api agent;
  static long conversation;
  static SocketLine bystanderOnSocket;
  static PollingLine bystanderOnPoll;
  static int canaries;

  /** What the server said: a status or close code with our code, and all of its words. */
  private record Said(String summary, String words) {}

  private record Case(String expected, Supplier<Said> attempt) {}

  /** The WAR as it is shipped, on this Tomcat. */
  static void start(Path tomcat) throws Exception {
    canaries = 0;
    server =
        new RealTomcat(tomcat, home)
            .start(
                "-Dcrossfade.secret=" + CrossfadeServer.SECRET,
                // What it is for a shop; a demo takes a hundred times as much.
                "-Dcrossfade.limit_frames_per_minute=600");
    visitor = api().visitor();
    agent = api().agent();
    conversation = visitor.open();
    bystanderOnSocket = new SocketLine(agent);
    bystanderOnSocket.follow(conversation, 0);
    bystanderOnPoll = new PollingLine(visitor, 25);
    bystanderOnPoll.follow(conversation, 0);
  }

  @AfterAll
  static void stop() throws Exception {
    bystanderOnPoll.close();
    bystanderOnSocket.close();
    server.close();
  }

  static Api api() {
    return new Api(server.url());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "texts",
    "cursors",
    "identities",
    "httpShapes",
    "handshakes",
    "framesThatBreakTheRules"
  })
  void is_refused_clearly_stored_nowhere_and_noticed_by_nobody_else(Case bad) {
    Said said = bad.attempt.get();

    assertThat(said.summary).as(said.words).matches(bad.expected);
    assertThat(said.words).doesNotMatch(INSIDES);
    agent.say(conversation, "canary", "canary-" + ++canaries);
    for (Line bystander : List.of(bystanderOnSocket, bystanderOnPoll)) {
      await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> bystander.messages(conversation).size() >= canaries);
      assertThat(bystander.contents(conversation)).hasSize(canaries).containsOnly("canary");
    }
  }

  // ---- rows 10, 11, 19 to 25: strange, but a message

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "19 \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67 \uD83C\uDDE8\uD83C\uDDF3 \uD840\uDC00 é e\u0301",
        "21 a\u2028b\u2029c\uFEFFd\uFFFEe\u0085f\u001Bg",
        "22 \u202Egnp.exe \u2066x\u2069 \u200B\u200D",
        "23 <script>alert(1)</script><img src=x onerror=alert(1)> &lt; </textarea> {{7*7}} javascript:",
        "24 line\r\nINJECTED \u001B[31m ${jndi:ldap://localhost:1/x} %n %s {}",
        "25 ' OR 1=1-- \\'; DROP TABLE message; %_ fn()",
      })
  void is_a_message_like_any_other(String content) throws Exception {
    Api customer = api().as("strange", "demo", "visitor");
    long own = customer.open();
    String row = content.substring(0, 2);
    String quoted = Api.JSON.writeValueAsString(content);
    String unknown = ",\"unknown\":{\"@class\":\"java.lang.Object\"},\"@type\":\"x\"}";
    try (SocketLine socket = new SocketLine(api().agent());
        PollingLine poll = new PollingLine(customer, 25)) {
      socket.follow(own, 0);
      poll.follow(own, 0);
      int before = customer.poll(own, 0, 0).body().get("messages").size();
      String body = "\"session_id\":" + own + ",\"content\":" + quoted + unknown;
      Answer sent = customer.post("api/messages", "{" + body);
      assertThat(sent.status()).isEqualTo(201);
      // What browsers could take for a tag is never in the bytes, whatever becomes of the type.
      assertThat(sent.raw().body()).doesNotContain("<", ">", "&", "'", "\u2028", "\u2029");
      try (Socket sender = Socket.as(customer, null)) {
        sender.send("{\"type\":\"send_message\",\"client_msg_id\":\"f" + row + "\"," + body);
        sender.expect("message_ack");
      }
      for (Line line : List.of(socket, poll)) {
        await().atMost(Duration.ofSeconds(10)).until(() -> line.messages(own).size() >= before + 2);
        List<String> last = line.contents(own).subList(before, before + 2);
        assertThat(last).containsOnly(content);
      }
    }
    assertThat(server.output().lines()).noneMatch(line -> line.startsWith("INJECTED"));
    assertThat(server.accessLog()).noneMatch(line -> line.startsWith("INJECTED"));
  }

  // ---- rows 1 to 28 and 60 to 62: the same text on both transports

  static Stream<Named<Case>> texts() {
    String id = "{\"session_id\":$S,";
    String more = "{\"session_id\":$S,\"content\":\"x\",";
    return Stream.of(
            text("1 empty", "", "bad_json"),
            text("2 cut off", id + "\"content\":", "bad_json"),
            text("3 trailing object", id + "\"content\":\"x\"}{}", "bad_json"),
            text("3 trailing word", id + "\"content\":\"x\"} x", "bad_json"),
            text("4 array", "[]", "bad_type"),
            text("4 string", "\"x\"", "bad_type"),
            text("4 number", "7", "bad_type"),
            text("4 null", "null", "bad_type"),
            text("5 nesting 10,000 deep", id + "\"content\":" + "[".repeat(10_000), "bad_json"),
            text("6 5,000 digits", "{\"session_id\":" + "9".repeat(5000) + "}", "bad_json"),
            text("6 1e400", "{\"session_id\":1e400,\"content\":\"x\"}", "bad_parameter"),
            text("6 1e-999999999", "{\"session_id\":1e-999999999,\"content\":\"x\"}", "bad_.*"),
            text("7 NaN", "{\"session_id\":NaN,\"content\":\"x\"}", "bad_json"),
            text("7 hexadecimal", "{\"session_id\":0x1,\"content\":\"x\"}", "bad_json"),
            text("7 leading zero", "{\"session_id\":01,\"content\":\"x\"}", "bad_json"),
            text("7 comment", id + "/* */\"content\":\"x\"}", "bad_json"),
            text("7 single quotes", id + "'content':'x'}", "bad_json"),
            text("8 a key twice", id + "\"content\":\"a\",\"content\":\"b\"}", "bad_json"),
            text("20 raw control character", id + "\"content\":\"a\u0000b\"}", "bad_json"),
            text("17 byte order mark", "\uFEFF" + id + "\"content\":\"x\"}", "bad_json"),
            text("12 no content", id + "\"a\":1}", "missing_field"),
            text("12 content null", id + "\"content\":null}", "missing_field"),
            text("12 content empty", id + "\"content\":\"\"}", "empty_content"),
            text(
                "12 content blank",
                id + "\"content\":\" \\u3000\\t\\u2028\\u0085\"}",
                "empty_content"),
            text("13 content a number", id + "\"content\":1}", "bad_type"),
            text("13 content a list", id + "\"content\":[\"x\"]}", "bad_type"),
            text("13 content an object", id + "\"content\":{}}", "bad_type"),
            text("13 content a boolean", id + "\"content\":true}", "bad_type"),
            text("14 4,097 bytes", id + "\"content\":\"" + "x".repeat(4097) + "\"}", "too_long"),
            text("14 4,098 bytes", id + "\"content\":\"" + "中".repeat(1366) + "\"}", "too_long"),
            text("18 high surrogate alone", id + "\"content\":\"\\ud800\"}", "bad_unicode"),
            text("18 pair reversed", id + "\"content\":\"\\ude42\\ud83d\"}", "bad_unicode"),
            text("20 U+0000", id + "\"content\":\"a\\u0000\"}", "bad_unicode"),
            text("27 client_msg_id empty", more + "\"client_msg_id\":\"\"}", "bad_client_msg_id"),
            text(
                "27 client_msg_id of 65",
                more + "\"client_msg_id\":\"" + "i".repeat(65) + "\"}",
                "bad_client_msg_id"),
            text(
                "27 client_msg_id, space",
                more + "\"client_msg_id\":\"a b\"}",
                "bad_client_msg_id"),
            text(
                "27 client_msg_id, CRLF",
                more + "\"client_msg_id\":\"a\\r\\n\"}",
                "bad_client_msg_id"),
            text("27 client_msg_id, Han", more + "\"client_msg_id\":\"一\"}", "bad_client_msg_id"),
            text("27 client_msg_id a number", more + "\"client_msg_id\":5}", "bad_type"),
            text("13 message_type a list", more + "\"message_type\":[]}", "bad_type"),
            text("13 reply_to a text", more + "\"reply_to\":\"x\"}", "bad_parameter"),
            text("12 no session_id", "{\"content\":\"x\"}", "missing_field"),
            text("12 session_id null", "{\"session_id\":null,\"content\":\"x\"}", "missing_field"),
            text(
                "13 session_id a word",
                "{\"session_id\":\"x\",\"content\":\"x\"}",
                "bad_parameter"),
            text("13 session_id 1.5", "{\"session_id\":1.5,\"content\":\"x\"}", "bad_parameter"),
            text("13 session_id -1", "{\"session_id\":-1,\"content\":\"x\"}", "bad_parameter"),
            text("13 session_id object", "{\"session_id\":{},\"content\":\"x\"}", "bad_type"),
            text(
                "13 session_id above 2^53",
                "{\"session_id\":9007199254740993,\"content\":\"x\"}",
                "bad_parameter"),
            text(
                "25 session_id SQL",
                "{\"session_id\":\"1 OR 1=1--\",\"content\":\"x\"}",
                "bad_parameter"),
            text("61 unknown session", "{\"session_id\":999999,\"content\":\"x\"}", "not_found"))
        .flatMap(both -> both);
  }

  /** The same text as a body and, with its type put in, as a frame. */
  private static Stream<Named<Case>> text(String name, String text, String code) {
    return Stream.of(
        http(name, "(400|404) " + code, () -> post(here(text))),
        http(
            name + ", as a frame",
            "error " + code,
            () -> frame(here(text).replaceFirst("^\\{", "{\"type\":\"send_message\","))));
  }

  // ---- rows 29 to 43

  static Stream<Named<Case>> cursors() {
    Stream<Named<Case>> cursors =
        Stream.of(
                "-1",
                "abc",
                "1.5",
                "1e3",
                "%205",
                "%2B5",
                "%D9%A5",
                "9007199254740993",
                "9223372036854775808",
                "9".repeat(30))
            .map(value -> query(31, "after=" + value, "400 bad_cursor"));
    Stream<Named<Case>> others =
        Stream.of(
            query(32, "after=9007199254740992", "409 cursor_ahead"),
            query(34, "after=2147483648&wait=25", "409 cursor_ahead"),
            query(37, "after=0&epoch=x&wait=25", "409 epoch_changed"),
            query(38, "wait=-1", "400 bad_parameter"),
            query(38, "wait=NaN", "400 bad_parameter"),
            query(38, "wait=1.5", "400 bad_parameter"),
            query(39, "limit=0", "400 bad_parameter"),
            query(39, "limit=-5", "400 bad_parameter"),
            query(39, "limit=ten", "400 bad_parameter"),
            query(29, "before=-1", "400 bad_cursor"),
            query(40, "after=0&after=9", "400 bad_parameter"),
            query(40, "session_id=1", "400 bad_parameter"),
            query(41, "client_id=a%20b", "400 bad_parameter"),
            query(41, "instance=" + "i".repeat(65), "400 bad_parameter"),
            query(42, "after=%zz", "400 bad_parameter"),
            query(42, "after=%C3%28", "400 bad_parameter"),
            query(41, "a=1&".repeat(60) + "b=2", "400 bad_parameter"),
            query(43, "after={1}", "400.*"),
            http("30 no session", "400 missing_field", () -> get("api/messages")),
            http("29 join at -1", "error bad_cursor", () -> join("-1")),
            http("31 join at 1.5", "error bad_cursor", () -> join("1.5")),
            http("31 join at a word", "error bad_cursor", () -> join("\"x\"")),
            http("31 join at a list", "error bad_type", () -> join("[]")),
            http("34 join ahead", "error cursor_ahead", () -> join("2147483648")),
            http("33 join above 2^53", "error bad_cursor", () -> join("9007199254740993")));
    return Stream.concat(cursors, others);
  }

  // ---- rows 44 to 81, as far as a request's form goes; who is calling is IdentityIT's

  static Stream<Named<Case>> httpShapes() {
    String body = "{\"session_id\":$S,\"content\":\"x\"}";
    return Stream.of(
        http("70 no type", "415 unsupported_media_type", () -> post(null, here(body))),
        http("68 a form", "415 .*", () -> post("application/x-www-form-urlencoded", "a=b")),
        http("68 plain text", "415 .*", () -> post("text/plain", here(body))),
        http("70 XML", "415 .*", () -> post("application/xml", "<a/>")),
        http("70 UTF-7", "415 .*", () -> post("application/json;charset=utf-7", here(body))),
        http("17 Latin 1", "415 .*", () -> post("application/json;charset=iso-8859-1", here(body))),
        http("71 compressed", "415 .*", BadInputCatalogue::compressed),
        http("15 32 KiB and more", "413 too_large", () -> post("{\"a\":\"" + "x".repeat(32_768))),
        http("16 ff fe", "400 bad_(json|unicode)", () -> bytes("fffe")),
        http("16 overlong", "400 bad_(json|unicode)", () -> bytes("c080")),
        http("16 cut off character", "400 bad_(json|unicode)", () -> bytes("e282")),
        http("16 surrogate as UTF-8", "400 bad_(json|unicode)", () -> bytes("eda080")),
        http("69 PATCH", "405 method_not_allowed", () -> method("PATCH", "api/messages")),
        http("69 DELETE", "405 method_not_allowed", () -> method("DELETE", "api/messages")),
        http("69 PUT", "405 method_not_allowed", () -> method("PUT", "api/messages")),
        http("69 TRACE", "405.*", () -> raw("TRACE /crossfade/api/messages HTTP/1.1")),
        http("90 POST to ws", "405 method_not_allowed", () -> method("POST", "ws")),
        http("90 GET of ws", "426 upgrade_required", () -> get("ws")),
        http("80 no such call", "404 not_found", () -> get("api/nothing")),
        http("80 WEB-INF", "404.*", () -> get("WEB-INF/web.xml")),
        http("80 application.wadl", "404.*", () -> get("api/application.wadl")),
        http("80 h2-console", "404.*", () -> get("h2-console")),
        http("80 togglz", "404.*", () -> get("togglz")),
        http("77 matrix parameter", "400.*", () -> raw(line("api/sessions;a=b"))),
        http("77 dot segments", "400.*", () -> raw(line("api/..;/metrics"))),
        // Tomcat asks for the login of what the path really means, before any filter of ours.
        http("77 dot segments to a guarded page", "200", () -> raw(line("api/..;/ops/"))),
        http("77 double slash", "40[04].*", () -> raw(line("api//sessions"))),
        http("77 escaped letter", "40[04].*", () -> raw(line("%61pi/sessions"))),
        http("78 %00", "400.*", () -> raw(line("api/sessions%00"))),
        http("78 %2F", "400.*", () -> raw(line("api%2Fsessions"))),
        http(
            "73 two lengths", "400.*", () -> raw(posted("Content-Length: 2\r\nContent-Length: 3"))),
        http("73 length +4", "400.*", () -> raw(posted("Content-Length: +4"))),
        http("74 transfer xchunked", "501.*", () -> raw(posted("Transfer-Encoding: xchunked"))),
        http("41 120 headers", "400.*", () -> raw(line("api/transport") + "\r\nX: y".repeat(120))),
        http(
            "41 10 kB header",
            "400.*",
            () -> raw(line("api/transport") + "\r\nX: " + "y".repeat(10_000))),
        http("66 two origins", "400 bad_parameter", BadInputCatalogue::twoOrigins),
        http("9 50,000 keys", "413 too_large", () -> post(keys(50_000))),
        http("9 1,000 keys and no content", "400 missing_field", () -> post(keys(1_000))),
        // Tomcat takes the chunks for the body and drops what is after them with the connection.
        http("72 length and chunks", "400 bad_json", BadInputCatalogue::smuggled),
        http("73 length -1", "400.*", () -> raw(posted("Content-Length: -1"))),
        http("73 space before the colon", "400.*", () -> raw(line("api/sessions") + "\r\nX : y")),
        http("73 two hosts", "400.*", () -> raw(line("api/sessions") + "\r\nHost: elsewhere")),
        http("73 control character", "400.*", () -> raw(line("api/sessions") + "\r\nX: a\u0001b")),
        http("78 backslash", "400.*", () -> raw(line("api\\sessions"))),
        http("80 .git", "404.*", () -> get(".git/config")),
        http("80 META-INF", "404.*", () -> get("META-INF/context.xml")),
        http("80 actuator", "404.*", () -> get("actuator")),
        http("81 range", "200", () -> raw(line("api/sessions") + "\r\nRange: bytes=9-1")),
        http("81 condition", "200", () -> raw(line("api/sessions") + "\r\nIf-None-Match: *")),
        http(
            "81 accept HTML",
            "200|406.*",
            () -> raw(line("api/sessions") + "\r\nAccept: text/html")),
        http(
            "81 language", "200", () -> raw(line("api/sessions") + "\r\nAccept-Language: ;q=x,,-")),
        http(
            "69 method override",
            "200",
            () -> raw(line("api/sessions") + "\r\nX-HTTP-Method-Override: DELETE")));
  }

  // ---- rows 44 to 53 and 66: nobody's token, nobody's page

  static Stream<Named<Case>> identities() throws Exception {
    Stream<Named<Case>> tokens =
        IdentityIT.forgeries()
            .flatMap(
                token ->
                    Stream.of(
                        http(
                            "44-53 " + token.getName(),
                            "401 not_authenticated",
                            () -> said(api().as(token.getPayload()).get("api/sessions"))),
                        http(
                            "44-53 " + token.getName() + ", as a frame",
                            "4401 not_authenticated",
                            () -> auth(token.getPayload()))));
    Stream<Named<Case>> origins =
        Stream.of(
                "https://evil.example",
                "https://localhost",
                "http://localhost.evil.example:80",
                "http://evillocalhost:80",
                "http://LOCALHOST.:80",
                "http://l\u043ecalhost:80",
                "file://",
                "null")
            .flatMap(
                origin ->
                    Stream.of(
                        http(
                            "66 " + origin,
                            "403 forbidden",
                            () -> raw(line("api/sessions") + "\r\nOrigin: " + origin)),
                        http(
                            "66 " + origin + ", as a handshake",
                            "403 .*",
                            () -> upgrade("13", KEY, "\r\nOrigin: " + origin))));
    return Stream.concat(tokens, origins);
  }

  private static Said auth(String token) {
    try (Socket socket = Socket.open(server.url(), "").auth(token, null)) {
      JsonNode error = socket.expect("error");
      return new Said(socket.closeCode() + " " + error.get("code").asText(), error.toString());
    }
  }

  // ---- row 90

  static Stream<Named<Case>> handshakes() {
    return Stream.of(
        http("90 version 8", "426.*", () -> upgrade("8", KEY, "")),
        http("90 no version", "4(00|26).*", () -> upgrade(null, KEY, "")),
        http("90 no key", "400.*", () -> upgrade("13", null, "")),
        http("90 bad key", "400.*", () -> upgrade("13", "x", "")));
  }

  /** A handshake that must not succeed. */
  private static Said upgrade(String version, String key, String more) {
    return raw(
        line("ws")
            + "\r\nUpgrade: websocket"
            + (version == null ? "" : "\r\nSec-WebSocket-Version: " + version)
            + (key == null ? "" : "\r\nSec-WebSocket-Key: " + key)
            + more,
        "Upgrade, close",
        "");
  }

  // ---- rows 82 to 88

  static Stream<Named<Case>> framesThatBreakTheRules() {
    return Stream.of(
        frames("82 unmasked", "1002", raw -> raw.hex("810178")),
        frames("82 reserved bit", "1002", raw -> raw.frame(0xC1, new byte[1])),
        frames("82 opcode 3", "1002", raw -> raw.frame(0x83, new byte[1])),
        frames("82 opcode 11", "1002", raw -> raw.frame(0x8B, new byte[1])),
        frames("82 a ping in parts", "1002", raw -> raw.frame(RawSocket.PING, new byte[1])),
        frames("82 a ping of 126", "1002", raw -> raw.frame(0x89, new byte[126])),
        frames("82 continues nothing", "1002", raw -> raw.frame(0x80, new byte[1])),
        frames(
            "82 text within text",
            "1002",
            raw -> raw.frame(RawSocket.TEXT, bytesOf("{")).frame(0x81, bytesOf("}"))),
        frames("83 length with its sign", "1002", raw -> raw.hex("81ffffffffffffffffff01020304")),
        frames("16 ff fe", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("fffe"))),
        frames("16 overlong", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("c080"))),
        frames(
            "16 cut off character",
            "1007",
            raw -> raw.frame(0x81, HexFormat.of().parseHex("e282"))),
        frames("16 surrogate", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("eda080"))),
        frames("87 binary", "1003", raw -> raw.frame(0x82, new byte[3])),
        frames("88 close 999", "1002", raw -> raw.frame(0x88, HexFormat.of().parseHex("03e7"))),
        frames("88 close 1005", "1002", raw -> raw.frame(0x88, HexFormat.of().parseHex("03ed"))),
        frames("88 close in one byte", "1002", raw -> raw.frame(0x88, new byte[1])),
        frames("89 close 4001", "4001", raw -> raw.frame(0x88, HexFormat.of().parseHex("0fa1"))),
        frames("85 32,769 characters", "1009", raw -> raw.frame(0x81, new byte[32_769])),
        frames("85 endless parts", "1009", BadInputCatalogue::endlessParts),
        frames("28 unknown types", "4400", raw -> tenTimes(raw, "{\"type\":\"Ping\"}")),
        frames("28 type a list", "4400", raw -> tenTimes(raw, "{\"type\":[]}")),
        frames("28 nothing, ten times", "4400", raw -> tenTimes(raw, "")),
        frames("5 nesting, ten times", "4400", raw -> tenTimes(raw, "[".repeat(10_000))),
        frames(
            "88 reason not UTF-8",
            "1007|1002",
            raw -> raw.frame(0x88, HexFormat.of().parseHex("03e8ff"))),
        frames("91 flood of pongs", "4429", raw -> flood(raw, RawSocket.PONG)),
        frames("91 flood of one-byte frames", "44(00|29)", raw -> flood(raw, RawSocket.TEXT)));
  }

  private static void endlessParts(RawSocket raw) {
    raw.frame(RawSocket.TEXT, bytesOf("x".repeat(100)));
    for (int i = 0; i < 400; i++) {
      raw.frame(RawSocket.CONTINUATION, bytesOf("x".repeat(100)));
    }
  }

  private static void flood(RawSocket raw, int opcode) {
    for (int i = 0; i < 2_000; i++) {
      raw.frame(RawSocket.FIN | opcode, bytesOf("x"));
    }
  }

  private static void tenTimes(RawSocket raw, String text) {
    for (int i = 0; i < 10; i++) {
      raw.frame(RawSocket.FIN | RawSocket.TEXT, bytesOf(text));
    }
  }

  // ---- how it is sent

  private static Named<Case> http(String name, String expected, Supplier<Said> attempt) {
    return Named.of(name, new Case(expected, attempt));
  }

  private static Named<Case> query(int row, String query, String expected) {
    String shown = query.length() > 40 ? query.substring(0, 40) + "…" : query;
    return http(
        row + " " + shown,
        expected,
        () -> raw(line("api/messages?session_id=" + conversation + "&" + query)));
  }

  private static Named<Case> frames(String name, String code, Consumer<RawSocket> sends) {
    return http(
        name,
        code,
        () -> {
          String auth = "Authorization: Bearer " + visitor.token() + "\r\n";
          try (RawSocket raw = RawSocket.open(server.port(), "/crossfade/ws", auth)) {
            try {
              sends.accept(raw.greeted());
            } catch (UncheckedIOException closedMeanwhile) {
              // The server need not read to the end what it has refused.
            }
            String closed = Integer.toString(raw.closeCode());
            return new Said(closed, raw.texts());
          }
        });
  }

  private static Said post(String body) {
    return post("application/json", body);
  }

  private static Said post(String type, String body) {
    var request = visitor.request("api/messages").POST(BodyPublishers.ofString(body));
    return said(visitor.send(type == null ? request : request.header("Content-Type", type)));
  }

  private static Said bytes(String hex) {
    byte[] before = bytesOf(here("{\"session_id\":$S,\"content\":\""));
    byte[] wrong = HexFormat.of().parseHex(hex);
    byte[] after = bytesOf("\"}");
    var body = BodyPublishers.ofByteArrays(List.of(before, wrong, after));
    return said(
        visitor.send(
            visitor.request("api/messages").header("Content-Type", "application/json").POST(body)));
  }

  private static Said compressed() {
    return said(
        visitor.send(
            visitor
                .request("api/messages")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("{}"))));
  }

  private static String keys(int many) {
    StringBuilder keys = new StringBuilder("{\"session_id\":" + conversation);
    for (int i = 0; i < many; i++) {
      keys.append(",\"k").append(i).append("\":1");
    }
    return keys.append('}').toString();
  }

  private static Said get(String path) {
    return said(visitor.get(path));
  }

  private static Said method(String method, String path) {
    return said(visitor.send(visitor.request(path).method(method, BodyPublishers.ofString("{}"))));
  }

  private static Said join(String after) {
    return frame(
        "{\"type\":\"join_session\",\"session_id\":" + conversation + ",\"after\":" + after + "}");
  }

  private static Said frame(String text) {
    try (Socket socket = Socket.as(visitor, null)) {
      JsonNode error = socket.send(text).expect("error");
      return new Said("error " + error.get("code").asText(), error.toString());
    }
  }

  private static Said twoOrigins() {
    String origin = "\r\nOrigin: http://localhost:1";
    return raw(line("api/sessions") + origin + origin);
  }

  private static Said smuggled() {
    String hidden = line("api/sessions") + "\r\nHost: localhost\r\n\r\n";
    Said said =
        raw(
            posted("Content-Length: 4\r\nTransfer-Encoding: chunked"),
            "keep-alive",
            "0\r\n\r\n" + hidden);
    assertThat(said.words()).as("one answer").doesNotContain("HTTP/1.1");
    return said;
  }

  private static String line(String path) {
    return "GET /crossfade/" + path + " HTTP/1.1";
  }

  private static String posted(String headers) {
    return "POST /crossfade/api/messages HTTP/1.1\r\nContent-Type: application/json\r\n" + headers;
  }

  /** A request line and headers without their end, sent as they are. */
  private static Said raw(String head) {
    return raw(head, "close", "");
  }

  private static Said raw(String head, String connection, String rest) {
    String request =
        head
            + "\r\nHost: localhost:"
            + server.port()
            + "\r\nAuthorization: Bearer "
            + visitor.token()
            + "\r\nConnection: "
            + connection
            + "\r\n\r\n"
            + rest;
    String answer = RawHttp.whole(server.port(), request.getBytes(StandardCharsets.UTF_8));
    String status = answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    return new Said((status + " " + Api.parse(body).path("code").asText()).trim(), body);
  }

  private static Said said(Answer answer) {
    return new Said((answer.status() + " " + answer.code()).trim(), answer.raw().body());
  }

  private static String here(String text) {
    return text.replace("$S", Long.toString(conversation));
  }

  private static byte[] bytesOf(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
