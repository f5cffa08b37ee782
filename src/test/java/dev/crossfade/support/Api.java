package dev.crossfade.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.CompletableFuture;

/** The HTTP API as a client sees it; as one caller, or as nobody. */
public final class Api {

  public static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  /** An answer; {@code body} is a missing node where there was none, or none in JSON. */
  public record Answer(int status, JsonNode body, HttpResponse<String> raw) {
    public String code() {
      return body.path("code").asText();
    }

    public String header(String name) {
      return raw.headers().firstValue(name).orElse(null);
    }
  }

  private final String url;
  private final String token;

  /** {@code url} is where the application lives, with a slash at its end. */
  public Api(String url) {
    this(url, null);
  }

  private Api(String url, String token) {
    this.url = url;
    this.token = token;
  }

  public Api as(String newToken) {
    return new Api(url, newToken);
  }

  /** Somebody whose token the test signs itself. */
  public Api as(String user, String shop, String role) {
    return as(token(user, shop, role, Duration.ofHours(1)));
  }

  /** A visitor of the demo shop, with a token of the server's. */
  public Api visitor() {
    return as(post("api/visitors", "{\"shop_id\":\"demo\"}").body().get("token").asText());
  }

  public Api agent() {
    return staff("agent");
  }

  public Api admin() {
    return staff("admin");
  }

  public String token() {
    return token;
  }

  public String url() {
    return url;
  }

  public Answer get(String path) {
    return send(request(path).GET());
  }

  public CompletableFuture<Answer> getLater(String path) {
    return sendLater(request(path).GET());
  }

  public CompletableFuture<Answer> sendLater(HttpRequest.Builder request) {
    return HTTP.sendAsync(request.build(), BodyHandlers.ofString()).thenApply(Api::answer);
  }

  public Answer post(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json)));
  }

  public Answer put(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(json)));
  }

  public Answer send(HttpRequest.Builder request) {
    try {
      return answer(HTTP.send(request.build(), BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** With the caller's token, for a test to add to. */
  public HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(40))
            .header("Accept-Language", "en");
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  /** The id of the caller's open conversation. */
  public long open() {
    return post("api/sessions", "{}").body().get("session_id").asLong();
  }

  /** Sends and answers the stored message; fails the test where it is refused. */
  public JsonNode say(long conversation, String content, String clientMsgId) {
    Answer answer = trySay(conversation, content, clientMsgId);
    if (answer.status() > 201) {
      throw new AssertionError("refused: " + answer.body());
    }
    return answer.body().get("message");
  }

  public Answer trySay(long conversation, String content, String clientMsgId) {
    ObjectNode draft = JSON.createObjectNode();
    draft.put("session_id", conversation).put("content", content).put("client_msg_id", clientMsgId);
    return post("api/messages", draft.toString());
  }

  public Answer poll(long conversation, long after, int wait) {
    return get("api/messages?session_id=" + conversation + "&after=" + after + "&wait=" + wait);
  }

  /** Changes the percentage; the server must be at the revision it says. */
  public Answer percentage(String percentage) {
    long revision = get("api/rollout").body().get("revision").asLong();
    return put(
        "api/rollout",
        "{\"revision\":" + revision + ",\"reason\":\"test\",\"percentage\":" + percentage + "}");
  }

  public static String token(String user, String shop, String role, Duration life) {
    Instant now = Instant.now();
    return sign(
        new JWTClaimsSet.Builder()
            .subject(user)
            .claim("shop", shop)
            .claim("role", role)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(life)))
            .issuer("crossfade")
            .audience("crossfade")
            .build());
  }

  public static String sign(JWTClaimsSet claims) {
    try {
      SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
      jwt.sign(new MACSigner(CrossfadeServer.SECRET.getBytes(StandardCharsets.UTF_8)));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  private Api staff(String name) {
    String basic = name + ":" + name;
    Answer answer =
        send(
            as((String) null)
                .request("api/staff/token")
                .header(
                    "Authorization",
                    "Basic "
                        + Base64.getEncoder()
                            .encodeToString(basic.getBytes(StandardCharsets.UTF_8)))
                .POST(BodyPublishers.noBody()));
    return as(answer.body().get("token").asText());
  }

  private static Answer answer(HttpResponse<String> response) {
    return new Answer(response.statusCode(), parse(response.body()), response);
  }
}
