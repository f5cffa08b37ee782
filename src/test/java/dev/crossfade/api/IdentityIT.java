package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawHttp;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Protocol section 1: who is calling, and who only says so. */
class IdentityIT {

  private static final String SECRET = CrossfadeServer.SECRET;

  @RegisterExtension
  static final Stage STAGE = Stage.plain().with("limit_visitors_per_minute", "200");

  private final CrossfadeServer server = STAGE.server();

  // ---- tokens

  @Test
  void a_token_in_order_is_believed() throws Exception {
    Api someone = server.api().as(signed(claims().build()));
    assertThat(someone.post("api/sessions", "{}").status()).isIn(200, 201);
    Socket.as(someone, null).close();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("forgeries")
  void a_token_not_in_order_is_nobody_on_both_transports(String token) {
    Answer refused = server.api().as(token).post("api/sessions", "{}");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.code()).isEqualTo("not_authenticated");
    assertThat(refused.header("Cache-Control")).isEqualTo("no-store");
    Socket socket = Socket.open(server.url(), "").auth(token, null);
    assertThat(socket.expect("error").get("code").asText()).isEqualTo("not_authenticated");
    assertThat(socket.closeCode()).isEqualTo(4401);
    assertThat(handshake("Authorization: Bearer " + token)).startsWith("HTTP/1.1 401");
  }

  static Stream<Named<String>> forgeries() throws Exception {
    String good = signed(claims().build());
    String body = good.split("\\.")[1];
    String signature = good.split("\\.")[2];
    RSAKey rsa = new RSAKeyGenerator(2048).generate();
    return Stream.of(
        Named.of("alg none", unsigned("none", body)),
        Named.of("alg nOnE", unsigned("nOnE", body)),
        Named.of("none, but signed", b64("{\"alg\":\"none\"}") + "." + body + "." + signature),
        Named.of(
            "HS512 with our secret", hmac(new JWSHeader(JWSAlgorithm.HS512), payload(claims()))),
        Named.of("another secret", hmac("another secret, 32 bytes at the least")),
        Named.of("RS256 with its key in the header", rsa(rsa, true)),
        Named.of("RS256 of a stranger", rsa(rsa, false)),
        Named.of(
            "key to be fetched",
            hmac(
                new JWSHeader.Builder(JWSAlgorithm.HS256)
                    .jwkURL(URI.create("http://localhost:1/keys"))
                    .build(),
                payload(claims()))),
        Named.of(
            "a critical header that nobody knows",
            hmac(
                new JWSHeader.Builder(JWSAlgorithm.HS256)
                    .criticalParams(Set.of("exp"))
                    .customParam("exp", 1)
                    .build(),
                payload(claims()))),
        Named.of("expired a second ago", with(c -> c.expirationTime(in(-1)))),
        Named.of("no exp", with(c -> c.expirationTime(null))),
        Named.of("exp as text", payloadOf("\"exp\":\"tomorrow\"")),
        Named.of("exp below zero", payloadOf("\"exp\":-1")),
        Named.of("exp in the year 9999", with(c -> c.expirationTime(in(250_000_000_000L)))),
        Named.of("no iat", with(c -> c.issueTime(null))),
        Named.of("issued tomorrow", with(c -> c.issueTime(in(86_400)).expirationTime(in(90_000)))),
        Named.of("not before tomorrow", with(c -> c.notBeforeTime(in(86_400)))),
        Named.of("another issuer", with(c -> c.issuer("somebody"))),
        Named.of("no issuer", with(c -> c.issuer(null))),
        Named.of("another audience", with(c -> c.audience("somebody"))),
        Named.of("no audience", with(c -> c.audience((String) null))),
        Named.of("no user", with(c -> c.subject(null))),
        Named.of("a user of 65 characters", with(c -> c.subject("u".repeat(65)))),
        Named.of("a user with a line break", with(c -> c.subject("u\nv"))),
        Named.of("no shop", with(c -> c.claim("shop", null))),
        Named.of("a shop with a space", with(c -> c.claim("shop", "a b"))),
        Named.of("a role that is none", with(c -> c.claim("role", "root"))),
        Named.of("roles as a list", with(c -> c.claim("role", List.of("admin")))),
        Named.of("a flipped bit", good.substring(0, good.length() - 8) + "AAAAAAAA"),
        Named.of("no signature", good.substring(0, good.lastIndexOf('.') + 1)),
        Named.of("two parts", good.substring(0, good.lastIndexOf('.'))),
        Named.of("four parts", good + ".x"),
        Named.of("no JSON within", hmac(new JWSHeader(JWSAlgorithm.HS256), new Payload("hello"))),
        Named.of("not a token", "hello"));
  }

  @Test
  void two_identities_at_once_are_refused() {
    Api visitor = server.api().visitor();
    String ticket = visitor.post("api/tickets", "{}").body().get("ticket").asText();
    String bearer = "Authorization: Bearer " + visitor.token();
    String both =
        RawHttp.handshake(server.port(), "/crossfade/ws?ticket=" + ticket, bearer + "\r\n");
    assertThat(both).startsWith("HTTP/1.1 400");
    assertThat(handshake(bearer + "\r\n" + bearer)).startsWith("HTTP/1.1 400");
  }

  @Test
  void a_token_has_no_business_in_an_address() {
    String token = server.api().visitor().token();
    assertThat(server.api().get("api/sessions?token=" + token).status()).isEqualTo(401);
    Socket socket = Socket.open(server.url(), "?token=" + token);
    socket.send("{\"type\":\"auth\"}");
    assertThat(socket.expect("error").get("code").asText()).isEqualTo("missing_field");
    socket.abort();
  }

  // ---- tickets

  @Test
  void a_ticket_is_for_who_asked_and_for_once() {
    assertThat(server.api().post("api/tickets", "{}").code()).isEqualTo("not_authenticated");
    Answer issued = server.api().visitor().post("api/tickets", "{}");
    assertThat(issued.status()).isEqualTo(201);
    String path = "/crossfade/ws?ticket=" + issued.body().get("ticket").asText();
    Instant expires = Instant.parse(issued.body().get("expires_at").asText());
    assertThat(expires).isBetween(Instant.now().plusSeconds(20), Instant.now().plusSeconds(31));
    assertThat(RawHttp.handshake(server.port(), path, "")).startsWith("HTTP/1.1 101");
    assertThat(RawHttp.handshake(server.port(), path, "")).startsWith("HTTP/1.1 401");
    assertThat(RawHttp.handshake(server.port(), "/crossfade/ws?ticket=made-up", ""))
        .startsWith("HTTP/1.1 401");
  }

  // ---- visitors

  @Test
  void a_visitor_gets_a_token_for_a_shop_that_exists_from_a_page_of_that_shop() {
    Answer visitor = server.api().post("api/visitors", "{\"shop_id\":\"demo\",\"name\":\"小王\"}");
    assertThat(visitor.status()).isEqualTo(201);
    assertThat(Instant.parse(visitor.body().get("expires_at").asText())).isAfter(Instant.now());
    assertThat(visitor.body().get("user_id").asText()).isNotEmpty();
    Api api = server.api().as(visitor.body().get("token").asText());
    assertThat(api.say(api.open(), "x", null).get("sender_name").asText()).isEqualTo("小王");
    assertThat(server.api().post("api/visitors", "{\"shop_id\":\"none\"}").code())
        .isEqualTo("not_found");
    assertThat(server.api().post("api/visitors", "{}").code()).isEqualTo("missing_field");
    assertThat(visitorFrom("https://evil.example").code()).isEqualTo("forbidden");
    assertThat(visitorFrom("http://localhost:5173").status()).isEqualTo(201);
  }

  @Test
  void one_address_cannot_make_visitors_without_end(@TempDir Path another) throws Exception {
    try (CrossfadeServer limited =
        new CrossfadeServer(another).with("limit_visitors_per_minute", "3").start()) {
      for (int i = 0; i < 3; i++) {
        assertThat(limited.api().visitor().token()).isNotEmpty();
      }
      Answer refused = limited.api().post("api/visitors", "{\"shop_id\":\"demo\"}");
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.code()).isEqualTo("rate_limited");
      assertThat(refused.body().get("retryable").asBoolean()).isTrue();
      assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
    }
  }

  // ---- staff

  @Test
  void staff_are_who_the_realm_says() {
    assertThat(staff("agent:agent").body().get("role").asText()).isEqualTo("agent");
    assertThat(staff("admin:admin").body().get("role").asText()).isEqualTo("admin");
    for (String wrong : List.of("agent:admin", "nobody:x", "agent", ":")) {
      assertThat(staff(wrong).status()).as(wrong).isEqualTo(401);
    }
    assertThat(server.api().post("api/staff/token", "").status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET api/presence",
        "GET api/stats/websocket",
        "POST api/admin/reply",
        "POST api/sessions/1/close",
        "POST api/sessions/1/reopen",
        "POST api/sessions/1/assign",
        "GET api/rollout",
        "PUT api/rollout",
        "POST api/rollout/kill",
        "POST api/rollout/unkill",
        "GET api/rollout/audit",
        "GET api/rollout/clients/x",
        "PUT api/shops/mine"
      })
  void a_visitor_may_not_what_staff_may_and_nobody_may_nothing(String call) {
    for (String[] who :
        new String[][] {
          {server.api().visitor().token(), "403", "forbidden"}, {null, "401", "not_authenticated"}
        }) {
      Answer refused = call(server.api().as(who[0]), call);
      assertThat(refused.status()).isEqualTo(Integer.parseInt(who[1]));
      assertThat(refused.code()).isEqualTo(who[2]);
    }
    if (call.contains("rollout") || call.contains("shops")) {
      assertThat(call(server.api().agent(), call).code()).isEqualTo("forbidden");
    }
  }

  @Test
  void what_a_body_says_of_its_sender_counts_for_nothing() {
    Api visitor = server.api().visitor();
    long id = visitor.open();
    String body =
        "{\"session_id\":"
            + id
            + ",\"content\":\"x\",\"sender_id\":\"admin\",\"sender_role\":\"agent\",\"seq\":99,"
            + "\"id\":7,\"status\":\"read\",\"shop\":\"other\",\"@class\":\"java.lang.Object\","
            + "\"created_at\":\"1999-01-01T00:00:00.000Z\"}";
    var message = visitor.post("api/messages", body).body().get("message");
    assertThat(message.get("sender_role").asText()).isEqualTo("visitor");
    assertThat(message.get("seq").asLong()).isEqualTo(1);
    assertThat(message.get("status").asText()).isEqualTo("sent");
    assertThat(Instant.parse(message.get("created_at").asText()))
        .isAfter(Instant.now().minusSeconds(60));
  }

  // ---- pages

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "https://localhost",
        "http://localhost.evil.example:80",
        "http://evillocalhost:80",
        "file://",
        "null"
      })
  void a_page_of_nobodys_opens_no_socket_and_reads_no_answer(String origin) {
    assertThat(handshake("Origin: " + origin)).startsWith("HTTP/1.1 403");
    Api visitor = server.api().visitor();
    Answer refused = visitor.send(visitor.request("api/sessions").header("Origin", origin).GET());
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.header("Access-Control-Allow-Origin")).isNull();
    assertThat(refused.header("Vary")).contains("Origin");
  }

  @Test
  void the_login_pages_are_as_guarded_as_all_others() {
    for (String page : List.of("agent/", "ops/")) {
      Answer login = server.api().get(page);
      assertThat(login.raw().body()).contains("j_security_check");
      assertThat(login.header("Content-Security-Policy")).contains("frame-ancestors 'self'");
      assertThat(login.header("X-Content-Type-Options")).isEqualTo("nosniff");
    }
  }

  @Test
  void a_page_of_the_shop_opens_a_socket() {
    assertThat(handshake("Origin: http://localhost:5173")).startsWith("HTTP/1.1 101");
    assertThat(handshake("Origin: http://localhost:" + server.port())).startsWith("HTTP/1.1 101");
  }

  // ---- helpers

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .subject("u1")
        .claim("shop", "demo")
        .claim("role", "visitor")
        .issueTime(in(-5))
        .expirationTime(in(600))
        .issuer("crossfade")
        .audience("crossfade");
  }

  private static Date in(long seconds) {
    return Date.from(Instant.now().plusSeconds(seconds));
  }

  private static String with(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return signed(change.apply(claims()).build());
  }

  private static String signed(JWTClaimsSet claims) throws JOSEException {
    return hmac(new JWSHeader(JWSAlgorithm.HS256), claims.toPayload());
  }

  private static Payload payload(JWTClaimsSet.Builder claims) {
    return claims.build().toPayload();
  }

  /** Our claims with one written by hand in place of exp. */
  private static String payloadOf(String claim) throws JOSEException {
    String json = claims().expirationTime(null).build().toPayload().toString();
    return hmac(
        new JWSHeader(JWSAlgorithm.HS256),
        new Payload(json.replaceFirst("\\{", "{" + claim + ",")));
  }

  private static String hmac(JWSHeader header, Payload payload) throws JOSEException {
    JWSObject jws = new JWSObject(header, payload);
    // HS512 wants a key of 64 bytes; ours, twice, is no less ours.
    String key = header.getAlgorithm().equals(JWSAlgorithm.HS256) ? SECRET : SECRET + SECRET;
    jws.sign(new MACSigner(key.getBytes(StandardCharsets.UTF_8)));
    return jws.serialize();
  }

  private static String hmac(String secret) throws JOSEException {
    JWSObject jws = new JWSObject(new JWSHeader(JWSAlgorithm.HS256), payload(claims()));
    jws.sign(new MACSigner(secret.getBytes(StandardCharsets.UTF_8)));
    return jws.serialize();
  }

  private static String rsa(RSAKey key, boolean keyInHeader) throws JOSEException {
    JWSHeader.Builder header = new JWSHeader.Builder(JWSAlgorithm.RS256);
    JWSObject jws =
        new JWSObject(
            (keyInHeader ? header.jwk(key.toPublicJWK()) : header).build(), payload(claims()));
    jws.sign(new RSASSASigner(key));
    return jws.serialize();
  }

  private static String unsigned(String algorithm, String body) {
    return b64("{\"alg\":\"" + algorithm + "\"}") + "." + body + ".";
  }

  private static String b64(String text) {
    return Base64URL.encode(text).toString();
  }

  private String handshake(String headers) {
    return RawHttp.handshake(server.port(), "/crossfade/ws", headers + "\r\n");
  }

  private Answer visitorFrom(String origin) {
    return server
        .api()
        .send(
            server
                .api()
                .request("api/visitors")
                .header("Origin", origin)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"shop_id\":\"demo\"}")));
  }

  private Answer staff(String credentials) {
    String basic = Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    return server
        .api()
        .send(
            server
                .api()
                .request("api/staff/token")
                .header("Authorization", "Basic " + basic)
                .POST(BodyPublishers.noBody()));
  }

  private static Answer call(Api who, String call) {
    String[] parts = call.split(" ");
    return switch (parts[0]) {
      case "GET" -> who.get(parts[1]);
      case "PUT" -> who.put(parts[1], "{}");
      default -> who.post(parts[1], "{}");
    };
  }
}
