package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket of the JDK's own client, which owes nothing to Tomcat's. */
final class Socket implements WebSocket.Listener {
  private static final int PATIENCE_SECONDS = 15;

  private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final StringBuilder partial = new StringBuilder();
  private WebSocket socket;

  private Socket() {}

  static Socket open(HttpClient http, URI address, String authorization)
      throws InterruptedException {
    Socket socket = new Socket();
    socket.socket =
        http.newWebSocketBuilder()
            .header("Authorization", authorization)
            .buildAsync(address, socket)
            .join();
    socket.send(Map.of("type", "auth"));
    socket.next("auth_success");
    return socket;
  }

  /** Waits until the server said that the conversation is joined. */
  Socket join(long conversation, long after) throws InterruptedException {
    send(Map.of("type", "join_session", "session_id", conversation, "after", after));
    next("joined_session");
    return this;
  }

  /** Waits for the ack. */
  JsonNode say(long conversation, String text) throws InterruptedException {
    send(Map.of("type", "send_message", "session_id", conversation, "content", text));
    return next("message_ack");
  }

  void send(Map<String, ?> frame) {
    try {
      socket.sendText(Person.JSON.writeValueAsString(frame), true).join();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next frame of that type; older ones of other types are skipped. */
  JsonNode next(String type) throws InterruptedException {
    JsonNode frame;
    do {
      frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(frame).as("a frame of type %s", type).isNotNull();
    } while (!frame.get("type").textValue().equals(type));
    return frame;
  }

  void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
  }

  /** The code with which the server closed. */
  int closeCode() {
    return closed.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
    partial.append(text);
    if (last) {
      try {
        frames.add(Person.JSON.readTree(partial.toString()));
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
      partial.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closed.complete(code);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    closed.completeExceptionally(error);
  }
}
