package dev.crossfade.support;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;

/** A client on a WebSocket. */
public final class SocketLine implements Line {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Socket socket;

  public SocketLine(Api api) {
    socket = Socket.as(api, null);
  }

  @Override
  public Outcome follow(long conversation, long after, String epoch) {
    ObjectNode join = Socket.frame("join_session").put("session_id", conversation);
    join.put("after", after);
    if (epoch != null) {
      join.put("epoch", epoch);
    }
    join.put("id", UUID.randomUUID().toString());
    return ask(
        join.toString(),
        f ->
            is(f, "joined_session") && f.get("session_id").asLong() == conversation
                || is(f, "error") && f.path("ref").equals(join.get("id")));
  }

  @Override
  public Outcome send(long conversation, String content, String clientMsgId) {
    ObjectNode frame = Line.draft(conversation, content, clientMsgId).put("type", "send_message");
    return ask(
        Line.ascii(frame),
        f ->
            is(f, "message_ack") && f.path("client_msg_id").asText().equals(clientMsgId)
                || is(f, "error") && f.path("ref").asText().equals(clientMsgId));
  }

  @Override
  public void read(long conversation, long seq) {
    socket.send(
        Socket.frame("message_read").put("session_id", conversation).put("seq", seq).toString());
  }

  @Override
  public List<JsonNode> messages(long conversation) {
    return socket.messages(conversation);
  }

  @Override
  public void cut() {
    socket.abort();
  }

  @Override
  public void close() {
    socket.close();
  }

  /** Sends and waits for one more frame that answers. */
  private synchronized Outcome ask(String text, Predicate<JsonNode> answers) {
    long before = socket.frames().stream().filter(answers).count();
    socket.send(text);
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> socket.frames().stream().filter(answers).count() > before);
    JsonNode answer = socket.frames().stream().filter(answers).skip(before).findFirst().get();
    return new Outcome(is(answer, "error") ? answer.get("code").asText() : "", answer);
  }

  private static boolean is(JsonNode frame, String type) {
    return frame.path("type").asText().equals(type);
  }
}
