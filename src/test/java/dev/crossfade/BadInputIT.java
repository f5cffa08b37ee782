package dev.crossfade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.Api.Answer;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What people, proxies and attackers send. Each gets its clear answer, stores nothing, and neither
 * the socket nor the poll of a bystander notices.
 */
class BadInputIT {

  /** What no answer may give away. */
  private static final String INSIDES =
      "(?is).*(dev\\.crossfade|org\\.|java\\.|jakarta|exception|\\bat [a-z]+\\.|select |hibernate"
          + "|jackson|tomcat).*";

  @TempDir static Path home;
  static CrossfadeServer server;
  static Api visitor;
  static Api agent;
  static long conversation;
  static SocketLine bystanderOnSocket;
  static PollingLine bystanderOnPoll;
  static int canaries;

  /** What the server said: a status or close code with our code, and all of its words. */
  private record Said(String summary, String words) {}

  private record Case(String expected, Supplier<Said> attempt) {}

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).start();
    visitor = server.api().visitor();
    agent = server.api().agent();
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

  @ParameterizedTest(name = "{0}")
  @MethodSource({"texts", "cursors", "httpShapes", "framesThatBreakTheRules"})
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

  // ---- rows 1 to 28 and 60 to 62: the same text on both transports

  static Stream<Named<Case>> texts() {
    String id = "{\"session_id\":$S,";
    String more = "{\"session_id\":$S,\"content\":\"x\",";
    return Stream.of(
            text("empty", "", "bad_json"),
            text("cut off", id + "\"content\":", "bad_json"),
            text("trailing object", id + "\"content\":\"x\"}{}", "bad_json"),
            text("trailing word", id + "\"content\":\"x\"} x", "bad_json"),
            text("array", "[]", "bad_type"),
            text("string", "\"x\"", "bad_type"),
            text("number", "7", "bad_type"),
            text("null", "null", "bad_type"),
            text("nesting 10,000 deep", id + "\"content\":" + "[".repeat(10_000), "bad_json"),
            text("5,000 digits", "{\"session_id\":" + "9".repeat(5000) + "}", "bad_json"),
            text("1e400", "{\"session_id\":1e400,\"content\":\"x\"}", "bad_parameter"),
            text("1e-999999999", "{\"session_id\":1e-999999999,\"content\":\"x\"}", "bad_.*"),
            text("NaN", "{\"session_id\":NaN,\"content\":\"x\"}", "bad_json"),
            text("hexadecimal", "{\"session_id\":0x1,\"content\":\"x\"}", "bad_json"),
            text("leading zero", "{\"session_id\":01,\"content\":\"x\"}", "bad_json"),
            text("comment", id + "/* */\"content\":\"x\"}", "bad_json"),
            text("single quotes", id + "'content':'x'}", "bad_json"),
            text("a key twice", id + "\"content\":\"a\",\"content\":\"b\"}", "bad_json"),
            text("raw control character", id + "\"content\":\"a\u0000b\"}", "bad_json"),
            text("byte order mark", "\uFEFF" + id + "\"content\":\"x\"}", "bad_json"),
            text("no content", id + "\"a\":1}", "missing_field"),
            text("content null", id + "\"content\":null}", "missing_field"),
            text("content empty", id + "\"content\":\"\"}", "empty_content"),
            text(
                "content blank",
                id + "\"content\":\" \\u3000\\t\\u2028\\u0085\"}",
                "empty_content"),
            text("content a number", id + "\"content\":1}", "bad_type"),
            text("content a list", id + "\"content\":[\"x\"]}", "bad_type"),
            text("content an object", id + "\"content\":{}}", "bad_type"),
            text("content a boolean", id + "\"content\":true}", "bad_type"),
            text("4,097 bytes", id + "\"content\":\"" + "x".repeat(4097) + "\"}", "too_long"),
            text("4,098 bytes", id + "\"content\":\"" + "中".repeat(1366) + "\"}", "too_long"),
            text("high surrogate alone", id + "\"content\":\"\\ud800\"}", "bad_unicode"),
            text("pair reversed", id + "\"content\":\"\\ude42\\ud83d\"}", "bad_unicode"),
            text("U+0000", id + "\"content\":\"a\\u0000\"}", "bad_unicode"),
            text("client_msg_id empty", more + "\"client_msg_id\":\"\"}", "bad_client_msg_id"),
            text(
                "client_msg_id of 65",
                more + "\"client_msg_id\":\"" + "i".repeat(65) + "\"}",
                "bad_client_msg_id"),
            text("client_msg_id, space", more + "\"client_msg_id\":\"a b\"}", "bad_client_msg_id"),
            text(
                "client_msg_id, CRLF",
                more + "\"client_msg_id\":\"a\\r\\n\"}",
                "bad_client_msg_id"),
            text("client_msg_id, Han", more + "\"client_msg_id\":\"一\"}", "bad_client_msg_id"),
            text("client_msg_id a number", more + "\"client_msg_id\":5}", "bad_type"),
            text("message_type a list", more + "\"message_type\":[]}", "bad_type"),
            text("reply_to a text", more + "\"reply_to\":\"x\"}", "bad_parameter"),
            text("no session_id", "{\"content\":\"x\"}", "missing_field"),
            text("session_id null", "{\"session_id\":null,\"content\":\"x\"}", "missing_field"),
            text("session_id a word", "{\"session_id\":\"x\",\"content\":\"x\"}", "bad_parameter"),
            text("session_id 1.5", "{\"session_id\":1.5,\"content\":\"x\"}", "bad_parameter"),
            text("session_id -1", "{\"session_id\":-1,\"content\":\"x\"}", "bad_parameter"),
            text("session_id object", "{\"session_id\":{},\"content\":\"x\"}", "bad_type"),
            text(
                "session_id above 2^53",
                "{\"session_id\":9007199254740993,\"content\":\"x\"}",
                "bad_parameter"),
            text(
                "session_id SQL",
                "{\"session_id\":\"1 OR 1=1--\",\"content\":\"x\"}",
                "bad_parameter"),
            text("unknown session", "{\"session_id\":999999,\"content\":\"x\"}", "not_found"))
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
            .map(value -> query("after=" + value, "400 bad_cursor"));
    Stream<Named<Case>> others =
        Stream.of(
            query("after=9007199254740992", "409 cursor_ahead"),
            query("after=2147483648&wait=25", "409 cursor_ahead"),
            query("after=0&epoch=x&wait=25", "409 epoch_changed"),
            query("wait=-1", "400 bad_parameter"),
            query("wait=NaN", "400 bad_parameter"),
            query("wait=1.5", "400 bad_parameter"),
            query("limit=0", "400 bad_parameter"),
            query("limit=-5", "400 bad_parameter"),
            query("limit=ten", "400 bad_parameter"),
            query("before=-1", "400 bad_cursor"),
            query("after=0&after=9", "400 bad_parameter"),
            query("session_id=1", "400 bad_parameter"),
            query("client_id=a%20b", "400 bad_parameter"),
            query("instance=" + "i".repeat(65), "400 bad_parameter"),
            query("after=%zz", "400 bad_parameter"),
            query("after=%C3%28", "400 bad_parameter"),
            query("a=1&".repeat(60) + "b=2", "400 bad_parameter"),
            query("after={1}", "400.*"),
            http("no session", "400 missing_field", () -> get("api/messages")),
            http("join at -1", "error bad_cursor", () -> join("-1")),
            http("join at 1.5", "error bad_cursor", () -> join("1.5")),
            http("join at a word", "error bad_cursor", () -> join("\"x\"")),
            http("join at a list", "error bad_type", () -> join("[]")),
            http("join ahead", "error cursor_ahead", () -> join("2147483648")),
            http("join above 2^53", "error bad_cursor", () -> join("9007199254740993")));
    return Stream.concat(cursors, others);
  }

  // ---- rows 44 to 81, as far as a request's form goes; who is calling is IdentityIT's

  static Stream<Named<Case>> httpShapes() {
    String body = "{\"session_id\":$S,\"content\":\"x\"}";
    return Stream.of(
        http("no type", "415 unsupported_media_type", () -> post(null, here(body))),
        http("a form", "415 .*", () -> post("application/x-www-form-urlencoded", "a=b")),
        http("plain text", "415 .*", () -> post("text/plain", here(body))),
        http("XML", "415 .*", () -> post("application/xml", "<a/>")),
        http("UTF-7", "415 .*", () -> post("application/json;charset=utf-7", here(body))),
        http("Latin 1", "415 .*", () -> post("application/json;charset=iso-8859-1", here(body))),
        http("compressed", "415 .*", BadInputIT::compressed),
        http("32 KiB and more", "413 too_large", () -> post("{\"a\":\"" + "x".repeat(32_768))),
        http("ff fe", "400 bad_(json|unicode)", () -> bytes("fffe")),
        http("overlong", "400 bad_(json|unicode)", () -> bytes("c080")),
        http("cut off character", "400 bad_(json|unicode)", () -> bytes("e282")),
        http("surrogate as UTF-8", "400 bad_(json|unicode)", () -> bytes("eda080")),
        http("PATCH", "405 method_not_allowed", () -> method("PATCH", "api/messages")),
        http("DELETE", "405 method_not_allowed", () -> method("DELETE", "api/messages")),
        http("PUT", "405 method_not_allowed", () -> method("PUT", "api/messages")),
        http("TRACE", "405.*", () -> raw("TRACE /crossfade/api/messages HTTP/1.1")),
        http("POST to ws", "405 method_not_allowed", () -> method("POST", "ws")),
        http("GET of ws", "426 upgrade_required", () -> get("ws")),
        http("no such call", "404 not_found", () -> get("api/nothing")),
        http("WEB-INF", "404.*", () -> get("WEB-INF/web.xml")),
        http("application.wadl", "404.*", () -> get("api/application.wadl")),
        http("h2-console", "404.*", () -> get("h2-console")),
        http("togglz", "404.*", () -> get("togglz")),
        http("matrix parameter", "400.*", () -> raw(line("api/sessions;a=b"))),
        http("dot segments", "400.*", () -> raw(line("api/..;/metrics"))),
        // Tomcat asks for the login of what the path really means, before any filter of ours.
        http("dot segments to a guarded page", "200", () -> raw(line("api/..;/ops/"))),
        http("double slash", "40[04].*", () -> raw(line("api//sessions"))),
        http("escaped letter", "40[04].*", () -> raw(line("%61pi/sessions"))),
        http("%00", "400.*", () -> raw(line("api/sessions%00"))),
        http("%2F", "400.*", () -> raw(line("api%2Fsessions"))),
        http("two lengths", "400.*", () -> raw(posted("Content-Length: 2\r\nContent-Length: 3"))),
        http("length +4", "400.*", () -> raw(posted("Content-Length: +4"))),
        http("transfer xchunked", "501.*", () -> raw(posted("Transfer-Encoding: xchunked"))),
        http("120 headers", "400.*", () -> raw(line("api/transport") + "\r\nX: y".repeat(120))),
        http(
            "10 kB header",
            "400.*",
            () -> raw(line("api/transport") + "\r\nX: " + "y".repeat(10_000))),
        http("two origins", "400 bad_parameter", BadInputIT::twoOrigins));
  }

  // ---- rows 82 to 88

  static Stream<Named<Case>> framesThatBreakTheRules() {
    return Stream.of(
        frames("unmasked", "1002", raw -> raw.hex("810178")),
        frames("reserved bit", "1002", raw -> raw.frame(0xC1, new byte[1])),
        frames("opcode 3", "1002", raw -> raw.frame(0x83, new byte[1])),
        frames("opcode 11", "1002", raw -> raw.frame(0x8B, new byte[1])),
        frames("a ping in parts", "1002", raw -> raw.frame(RawSocket.PING, new byte[1])),
        frames("a ping of 126", "1002", raw -> raw.frame(0x89, new byte[126])),
        frames("continues nothing", "1002", raw -> raw.frame(0x80, new byte[1])),
        frames(
            "text within text",
            "1002",
            raw -> raw.frame(RawSocket.TEXT, bytesOf("{")).frame(0x81, bytesOf("}"))),
        frames("length with its sign", "1002", raw -> raw.hex("81ffffffffffffffffff01020304")),
        frames("ff fe", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("fffe"))),
        frames("overlong", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("c080"))),
        frames(
            "cut off character", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("e282"))),
        frames("surrogate", "1007", raw -> raw.frame(0x81, HexFormat.of().parseHex("eda080"))),
        frames("binary", "1003", raw -> raw.frame(0x82, new byte[3])),
        frames("close 999", "1002", raw -> raw.frame(0x88, HexFormat.of().parseHex("03e7"))),
        frames("close 1005", "1002", raw -> raw.frame(0x88, HexFormat.of().parseHex("03ed"))),
        frames("close in one byte", "1002", raw -> raw.frame(0x88, new byte[1])),
        frames("close 4001", "4001", raw -> raw.frame(0x88, HexFormat.of().parseHex("0fa1"))),
        frames("32,769 characters", "1009", raw -> raw.frame(0x81, new byte[32_769])),
        frames("endless parts", "1009", BadInputIT::endlessParts),
        frames("unknown types", "4400", raw -> tenTimes(raw, "{\"type\":\"Ping\"}")),
        frames("type a list", "4400", raw -> tenTimes(raw, "{\"type\":[]}")),
        frames("nothing, ten times", "4400", raw -> tenTimes(raw, "")));
  }

  private static void endlessParts(RawSocket raw) {
    raw.frame(RawSocket.TEXT, bytesOf("x".repeat(100)));
    for (int i = 0; i < 400; i++) {
      raw.frame(RawSocket.CONTINUATION, bytesOf("x".repeat(100)));
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

  private static Named<Case> query(String query, String expected) {
    String shown = query.length() > 40 ? query.substring(0, 40) + "…" : query;
    return http(
        shown, expected, () -> raw(line("api/messages?session_id=" + conversation + "&" + query)));
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

  private static String line(String path) {
    return "GET /crossfade/" + path + " HTTP/1.1";
  }

  private static String posted(String headers) {
    return "POST /crossfade/api/messages HTTP/1.1\r\nContent-Type: application/json\r\n" + headers;
  }

  /** A request line and headers without their end, sent as they are. */
  private static Said raw(String head) {
    String request =
        head
            + "\r\nHost: localhost:"
            + server.port()
            + "\r\nAuthorization: Bearer "
            + visitor.token()
            + "\r\nConnection: close\r\n\r\n";
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
