package dev.crossfade.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.chaos.ChatClient.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The polling half of a client. */
final class Polling {

  private static final int LIMIT = 100;

  /** An answer ends before it has 250,000 characters, and no message has 25,000. */
  private static final int FULL_CHARS = 220_000;

  /** What the server said, with a body that was JSON. */
  private record Answer(int status, JsonNode body, int chars) {}

  private final ChatClient client;
  private final World world;
  private volatile boolean proven;
  private int failures;

  Polling(ChatClient client) {
    this.client = client;
    this.world = client.world();
  }

  /** Whether the last poll was answered and it goes on. */
  boolean proven() {
    return proven;
  }

  void run() {
    while (client.open()) {
      if (!client.wantsPolling()) {
        proven(false);
        client.pause(20);
        continue;
      }
      for (long conversation : client.persona().conversations()) {
        if (client.wantsPolling()) {
          proven(poll(conversation));
        }
      }
      pauseBetween();
    }
    proven(false);
  }

  private void pauseBetween() {
    failures = proven ? 0 : failures + 1;
    if (!proven) {
      client.backOff(failures);
    } else if (many()) {
      client.pause(2_000);
    } else if (client.persona().kind() == Kind.SHORT_POLL) {
      client.pause(500 + client.random().nextInt(500));
    } else if (client.persona().kind() == Kind.SLOW) {
      client.pause(client.random().nextInt(1_000));
    }
  }

  private boolean many() {
    return client.persona().conversations().size() > 1;
  }

  private boolean poll(long conversation) {
    Kind kind = client.persona().kind();
    int longest = kind == Kind.SHORT_LIVED ? 15 : 1 + client.random().nextInt(15);
    int wait = kind == Kind.SHORT_POLL || many() ? 0 : longest;
    int limit = kind == Kind.SLOW ? 3 : LIMIT;
    World.Token token = client.token();
    long line = client.ask(Event.POLLING, conversation, limit);
    String query =
        "api/messages?session_id="
            + conversation
            + "&after="
            + client.cursor(conversation)
            + "&wait="
            + wait
            + "&limit="
            + limit;
    if (kind != Kind.SHORT_POLL) {
      query += "&client_id=" + client.clientId() + "&instance=" + client.name();
    }
    try {
      Answer answer = ask(query, token, Duration.ofSeconds(wait).plus(World.PATIENCE));
      if (answer.status() == 200 && answer.body().has("messages")) {
        take(conversation, line, token, answer);
        return true;
      }
      client.told(Event.POLLING, conversation, line, answer.body());
      return false;
    } catch (IOException failed) {
      return false;
    }
  }

  private void take(long conversation, long line, World.Token token, Answer answer) {
    JsonNode body = answer.body();
    client.take(
        Event.POLLING,
        conversation,
        line,
        body.path("head").asLong(),
        body.path("epoch").asText(),
        token.expiresAt(),
        ChatClient.seen(body.get("messages")),
        answer.chars() >= FULL_CHARS);
  }

  /** What the toggle says now; null where nobody answers. */
  String advice() {
    try {
      Answer answer =
          ask("api/transport?client_id=" + client.clientId(), client.token(), World.PATIENCE);
      if (answer.status() != 200 || !answer.body().has("transport")) {
        return null;
      }
      String transport = answer.body().get("transport").asText();
      long revision = answer.body().path("revision").asLong();
      double percentage = answer.body().path("percentage").asDouble();
      String reason = answer.body().path("reason").asText();
      world.history.add(
          at -> new Event.Advised(at, client.clientId(), revision, percentage, transport, reason));
      return transport;
    } catch (IOException failed) {
      return null;
    }
  }

  boolean say(long conversation, String id, String content) {
    String body =
        World.JSON
            .createObjectNode()
            .put("session_id", conversation)
            .put("content", content)
            .put("client_msg_id", id)
            .toString();
    HttpRequest.Builder request =
        request("api/messages", client.token(), World.PATIENCE)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    try {
      Answer answer = send(request.build());
      int status = answer.status();
      if (status == 200 || status == 201) {
        JsonNode message = answer.body().path("message");
        return message.has("seq")
            ? client.acked(
                Event.POLLING, conversation, id, message.get("seq").asLong(), status == 200)
            : client.unknown(Event.POLLING, conversation, id, "not our answer");
      }
      return status >= 500
          ? client.unknown(Event.POLLING, conversation, id, "status " + status)
          : client.refused(Event.POLLING, conversation, id, answer.body());
    } catch (IOException failed) {
      return client.unknown(Event.POLLING, conversation, id, failed.getClass().getSimpleName());
    }
  }

  /** Page by page from the beginning, until a page says that there is no more. */
  void readAll(long untilNanos) {
    for (long conversation : client.persona().conversations()) {
      long cursor = 0;
      while (System.nanoTime() < untilNanos) {
        long line = world.nextLine();
        long after = cursor;
        world.history.add(
            at ->
                new Event.Asked(
                    at, client.name(), Event.POLLING, conversation, line, after, LIMIT, true));
        World.Token token = client.token();
        try {
          Answer answer =
              ask(
                  "api/messages?session_id=" + conversation + "&after=" + after,
                  token,
                  World.PATIENCE);
          if (answer.status() == 200) {
            take(conversation, line, token, answer);
            cursor = answer.body().get("cursor").asLong();
            if (cursor >= answer.body().get("head").asLong()) {
              break;
            }
            continue;
          }
          client.told(Event.POLLING, conversation, line, answer.body());
        } catch (IOException again) {
          // From where it was.
        }
        client.pause(200);
      }
    }
  }

  private void proven(boolean now) {
    if (proven != now) {
      proven = now;
      client.carried();
    }
  }

  private Answer ask(String path, World.Token token, Duration within) throws IOException {
    return send(request(path, token, within).GET().build());
  }

  private HttpRequest.Builder request(String path, World.Token token, Duration within) {
    return HttpRequest.newBuilder(URI.create(world.url + path))
        .timeout(within)
        .header("Authorization", "Bearer " + token.text());
  }

  /** Throws IOException for anything but an answer of ours. */
  private Answer send(HttpRequest request) throws IOException {
    try {
      HttpResponse<String> response = world.http.send(request, BodyHandlers.ofString());
      return new Answer(
          response.statusCode(), World.JSON.readTree(response.body()), response.body().length());
    } catch (JsonProcessingException notOurs) {
      throw new IOException("not JSON");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
  }
}
