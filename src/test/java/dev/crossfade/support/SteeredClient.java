package dev.crossfade.support;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api.Answer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * A client as today's page is: it uses what it is told to, opens the new transport before it lets
 * go of the old one, and owns its cursor.
 */
public final class SteeredClient implements AutoCloseable {

  private static final Duration ACK_WITHIN = Duration.ofSeconds(3);
  private static final long BREATH_NANOS = 2_000_000;

  private final Api api;
  private final String clientId;
  private final long conversation;
  private final List<JsonNode> shown = new CopyOnWriteArrayList<>();
  private final List<String> surprises = new CopyOnWriteArrayList<>();
  private final Thread worker = new Thread(this::work, "steered client");
  private volatile boolean open = true;
  private volatile Socket socket;
  private int framesRead;
  private long cursor;
  private int changes;

  public SteeredClient(Api api, String clientId, long conversation) {
    this.api = api;
    this.clientId = clientId;
    this.conversation = conversation;
    worker.setDaemon(true);
    worker.start();
  }

  /** Until it is known to be stored; what is unknown is repeated over whatever there is then. */
  public void say(String content, String clientMsgId) {
    while (!trySay(content, clientMsgId)) {
      LockSupport.parkNanos(BREATH_NANOS);
    }
  }

  public List<JsonNode> shown() {
    return shown;
  }

  /** What must not happen to a client that follows the protocol. */
  public List<String> surprises() {
    return surprises;
  }

  public boolean onWebSocket() {
    return socket != null;
  }

  public int changes() {
    return changes;
  }

  @Override
  public void close() {
    open = false;
    Socket last = socket;
    if (last != null) {
      last.close();
    }
  }

  private boolean trySay(String content, String clientMsgId) {
    Socket now = socket;
    if (now == null) {
      return api.trySay(conversation, content, clientMsgId).status() <= 201;
    }
    now.say(conversation, content, clientMsgId);
    long deadline = System.nanoTime() + ACK_WITHIN.toNanos();
    while (System.nanoTime() < deadline && !now.isClosed()) {
      boolean acked =
          now.all("message_ack").stream()
              .anyMatch(ack -> ack.path("client_msg_id").asText().equals(clientMsgId));
      if (acked) {
        return true;
      }
      LockSupport.parkNanos(BREATH_NANOS);
    }
    return false;
  }

  private void work() {
    try {
      JsonNode choice = api.get("api/transport?client_id=" + clientId).body();
      if (choice.get("transport").asText().equals("websocket")) {
        toWebSocket();
      }
      while (open) {
        if (socket == null) {
          pollOnce();
        } else {
          readFrames();
          LockSupport.parkNanos(BREATH_NANOS);
        }
      }
    } catch (RuntimeException e) {
      surprises.add("client ended: " + e);
    }
  }

  private void pollOnce() {
    Answer answer =
        api.get(
            "api/messages?wait=20&session_id="
                + conversation
                + "&after="
                + cursor
                + "&client_id="
                + clientId
                + "&instance=page1");
    if (answer.status() != 200) {
      surprises.add("poll: " + answer.body());
      return;
    }
    answer.body().get("messages").forEach(this::accept);
    if ("websocket".equals(answer.header("X-Crossfade-Transport"))) {
      toWebSocket();
    }
  }

  private void toWebSocket() {
    Socket next = Socket.open(api.url(), "");
    next.send(
        Socket.frame("auth")
            .put("token", api.token())
            .put("client_id", clientId)
            .put("instance", "page1")
            .put("batch", "text")
            .toString());
    next.expect("auth_success");
    next.join(conversation, cursor);
    framesRead = 0;
    socket = next;
    changes++;
  }

  private void readFrames() {
    List<JsonNode> frames = socket.frames();
    while (framesRead < frames.size()) {
      JsonNode frame = frames.get(framesRead++);
      switch (frame.path("type").asText()) {
        case "new_message" -> accept(frame.get("message"));
        case "messages" -> frame.get("messages").forEach(this::accept);
        case "transport" -> {
          if (frame.get("use").asText().equals("polling")) {
            toPolling();
            return;
          }
        }
        case "error" -> surprises.add("frame: " + frame);
        default -> {
          // Not about messages.
        }
      }
    }
    if (socket.isClosed()) {
      surprises.add("closed with " + socket.closeCode());
      socket = null;
    }
  }

  /** One poll has to work before the socket goes; what comes on it meanwhile is read too. */
  private void toPolling() {
    Socket old = socket;
    Answer proof = api.poll(conversation, cursor, 0);
    if (proof.status() != 200) {
      surprises.add("poll: " + proof.body());
      return;
    }
    proof.body().get("messages").forEach(this::accept);
    socket = null;
    changes++;
    old.close();
  }

  private void accept(JsonNode message) {
    long seq = message.get("seq").asLong();
    if (seq == cursor + 1) {
      cursor = seq;
      shown.add(message);
    } else if (seq > cursor + 1) {
      surprises.add("after " + cursor + " came " + seq);
    }
  }
}
