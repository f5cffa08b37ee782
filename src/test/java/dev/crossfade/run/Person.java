package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Somebody who talks to a running server by the calls that a script or a shop's page makes. */
final class Person {
  static final ObjectMapper JSON = new ObjectMapper();

  /** HTTP/1.1 as browsers speak it to a WebSocket server. */
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final URI server;
  private final String authorization;

  private Person(URI server, String authorization) {
    this.server = server;
    this.authorization = authorization;
  }

  /** {@code server} is the application's address, with a slash at its end. */
  static Person visitor(URI server) throws IOException, InterruptedException {
    JsonNode answer =
        new Person(server, null).post("api/visitors", Map.of("shop_id", "demo", "name", "V"), 201);
    return new Person(server, "Bearer " + answer.get("token").textValue());
  }

  /** Signs in through Tomcat's Realm. */
  static Person staff(URI server, String name, String password)
      throws IOException, InterruptedException {
    String login = name + ":" + password;
    String basic = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    JsonNode answer = new Person(server, "Basic " + basic).post("api/staff/token", Map.of(), 201);
    return new Person(server, "Bearer " + answer.get("token").textValue());
  }

  long openConversation() throws IOException, InterruptedException {
    return post("api/sessions", Map.of(), 201).get("session_id").longValue();
  }

  JsonNode say(long conversation, String text) throws IOException, InterruptedException {
    return post("api/messages", Map.of("session_id", conversation, "content", text), 201)
        .get("message");
  }

  /** What came after {@code after}; with {@code wait} above 0 the server holds the question. */
  JsonNode poll(long conversation, long after, int wait) throws IOException, InterruptedException {
    String query = "?session_id=" + conversation + "&after=" + after + "&wait=" + wait;
    HttpRequest request = request("api/messages" + query).GET().build();
    return answer(request, 200);
  }

  /** The status of a poll that is held until there is something, or until the server goes. */
  CompletableFuture<Integer> heldPoll(long conversation) {
    HttpRequest request = request("api/messages?wait=25&session_id=" + conversation).build();
    return HTTP.sendAsync(request, BodyHandlers.discarding()).thenApply(HttpResponse::statusCode);
  }

  /** The same person, where the server answers elsewhere after a restart. */
  Person at(URI elsewhere) {
    return new Person(elsewhere, authorization);
  }

  /** Opens a socket and waits until it is signed in. */
  Socket connect() throws InterruptedException {
    String scheme = server.getScheme().replace("http", "ws");
    URI address = URI.create(scheme + "://" + server.getAuthority() + server.getPath() + "ws");
    return Socket.open(HTTP, address, authorization);
  }

  private JsonNode post(String path, Map<String, ?> body, int status)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    return answer(request, status);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path));
    return authorization == null ? request : request.header("Authorization", authorization);
  }

  private static JsonNode answer(HttpRequest request, int status)
      throws IOException, InterruptedException {
    HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).as("%s %s", request.uri(), response.body()).isEqualTo(status);
    return JSON.readTree(response.body());
  }
}
