package dev.crossfade.support;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;

/** A WebSocket client that remembers every frame. */
public final class Socket implements WebSocket.Listener, AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final StringBuilder part = new StringBuilder();
  private CompletableFuture<?> sending = CompletableFuture.completedFuture(null);
  private WebSocket socket;

  /** Opens without identity; {@code query} such as {@code ?ticket=…} or empty. */
  public static Socket open(String url, String query) {
    Socket client = new Socket();
    client.socket =
        HTTP.newWebSocketBuilder()
            .buildAsync(URI.create(url.replaceFirst("http", "ws") + "ws" + query), client)
            .join();
    return client;
  }

  /** Opens and says who it is; a named client is steered by the rollout. */
  public static Socket as(Api api, String clientId) {
    Socket client = open(api.url(), "");
    client.auth(api.token(), clientId);
    client.expect("auth_success");
    return client;
  }

  public Socket auth(String token, String clientId) {
    ObjectNode frame = frame("auth").put("token", token);
    if (clientId != null) {
      frame.put("client_id", clientId);
    }
    return send(frame.toString());
  }

  /** Joins and waits for the answer; {@code after} may be null. */
  public Socket join(long conversation, Long after) {
    ObjectNode frame = frame("join_session").put("session_id", conversation);
    if (after != null) {
      frame.put("after", after);
    }
    int before = all("joined_session").size();
    send(frame.toString());
    await().atMost(PATIENCE).until(() -> all("joined_session").size() > before);
    return this;
  }

  public Socket say(long conversation, String content, String clientMsgId) {
    return send(
        frame("send_message")
            .put("session_id", conversation)
            .put("content", content)
            .put("client_msg_id", clientMsgId)
            .toString());
  }

  /** One at a time, as Java's client demands. */
  public synchronized Socket send(String text) {
    sending = sending.thenCompose(done -> socket.sendText(text, true));
    return this;
  }

  public Socket sendBinary(byte[] bytes) {
    socket.sendBinary(ByteBuffer.wrap(bytes), true);
    return this;
  }

  /** The first frame of this type; waits for it. */
  public JsonNode expect(String type) {
    return expect(frame -> frame.path("type").asText().equals(type));
  }

  public JsonNode expect(Predicate<JsonNode> wanted) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> frames.stream().anyMatch(wanted));
    return frames.stream().filter(wanted).findFirst().orElseThrow();
  }

  public List<JsonNode> frames() {
    return frames;
  }

  public List<JsonNode> all(String type) {
    return frames.stream().filter(f -> f.path("type").asText().equals(type)).toList();
  }

  /** The messages of a conversation as they came, in single frames or batches. */
  public List<JsonNode> messages(long conversation) {
    List<JsonNode> messages = new ArrayList<>();
    for (JsonNode frame : frames) {
      if (frame.path("session_id").asLong() == conversation) {
        if (frame.path("type").asText().equals("new_message")) {
          messages.add(frame.get("message"));
        } else if (frame.path("type").asText().equals("messages")) {
          frame.get("messages").forEach(messages::add);
        }
      }
    }
    return messages;
  }

  /** The code of the close; waits for it. */
  public int closeCode() {
    try {
      return closed.get(PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError("not closed; frames: " + frames, e);
    }
  }

  public void whenClosed(Runnable told) {
    closed.thenRun(told);
  }

  public boolean isClosed() {
    return closed.isDone();
  }

  @Override
  public void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(gone -> null);
  }

  /** As a cut cable ends it. */
  public void abort() {
    socket.abort();
  }

  public static ObjectNode frame(String type) {
    return Api.JSON.createObjectNode().put("type", type);
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      frames.add(Api.parse(part.toString()));
      part.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return onText(from, new String(bytes, java.nio.charset.StandardCharsets.UTF_8), last);
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closed.complete(code);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    closed.complete(1006);
  }
}
