package dev.crossfade.api;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Line;
import dev.crossfade.support.PollingLine;
import dev.crossfade.support.Socket;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client that reads server-sent events, and says what it has to say over the polling API. */
final class EventLine implements Line {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Api api;
  private final Line sender;
  private final Map<Long, List<JsonNode>> received = new ConcurrentHashMap<>();
  private final List<InputStream> streams = new CopyOnWriteArrayList<>();

  EventLine(Api api) {
    this.api = api;
    this.sender = new PollingLine(api, 0);
  }

  @Override
  public Outcome follow(long conversation, long after, String epoch) {
    ObjectNode join = Socket.frame("join_session").put("session_id", conversation);
    join.put("after", after).put("id", "join");
    if (epoch != null) {
      join.put("epoch", epoch);
    }
    List<JsonNode> answers = new CopyOnWriteArrayList<>();
    Thread reader = new Thread(() -> read(conversation, join, answers), "events " + conversation);
    reader.setDaemon(true);
    reader.start();
    await().pollInterval(Duration.ofMillis(2)).until(() -> !answers.isEmpty());
    JsonNode answer = answers.get(0);
    return new Outcome(answer.path("code").asText(""), answer);
  }

  private void read(long conversation, ObjectNode join, List<JsonNode> answers) {
    String auth = Socket.frame("auth").put("token", api.token()).toString();
    URI uri = URI.create(api.url() + "events?auth=" + encode(auth) + "&join=" + encode("" + join));
    try {
      InputStream body =
          HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofInputStream())
              .body();
      streams.add(body);
      Scanner lines = new Scanner(body, StandardCharsets.UTF_8);
      while (lines.hasNextLine()) {
        String line = lines.nextLine();
        if (line.startsWith("data: ")) {
          heard(conversation, Api.parse(line.substring("data: ".length())), answers);
        }
      }
    } catch (java.io.IOException cut) {
      // The test cut it, or the server went.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void heard(long conversation, JsonNode frame, List<JsonNode> answers) {
    switch (frame.path("type").asText()) {
      case "joined_session", "error" -> answers.add(frame);
      case "new_message" ->
          received
              .computeIfAbsent(conversation, id -> new CopyOnWriteArrayList<>())
              .add(frame.get("message"));
      default -> {
        // Not of messages.
      }
    }
  }

  @Override
  public Outcome send(long conversation, String content, String clientMsgId) {
    return sender.send(conversation, content, clientMsgId);
  }

  @Override
  public void read(long conversation, long seq) {
    sender.read(conversation, seq);
  }

  @Override
  public List<JsonNode> messages(long conversation) {
    return received.getOrDefault(conversation, List.of());
  }

  @Override
  public void cut() {
    close();
  }

  @Override
  public void close() {
    sender.close();
    for (InputStream stream : streams) {
      try {
        stream.close();
      } catch (java.io.IOException alreadyGone) {
        // Closed is closed.
      }
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
