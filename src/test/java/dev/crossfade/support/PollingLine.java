package dev.crossfade.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.support.Api.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** A client that asks again and again, each conversation on a thread of its own. */
public final class PollingLine implements Line {

  /** What an old widget waits between two polls is seconds; nothing depends on that. */
  private static final Duration SHORT_POLL_GAP = Duration.ofMillis(50);

  private final Api api;
  private final int waitSeconds;
  private final Map<Long, List<JsonNode>> received = new ConcurrentHashMap<>();
  private volatile boolean open = true;

  /** {@code waitSeconds} of 0 is the short poll. */
  public PollingLine(Api api, int waitSeconds) {
    this.api = api;
    this.waitSeconds = waitSeconds;
  }

  @Override
  public Outcome follow(long conversation, long after, String epoch) {
    String more = epoch == null ? "" : "&epoch=" + epoch;
    Answer first = poll(conversation, after, 0, more);
    if (first.status() == 200) {
      long cursor = keep(conversation, first);
      Thread reader = new Thread(() -> pollOn(conversation, cursor, more), "poll " + conversation);
      reader.setDaemon(true);
      reader.start();
    }
    return new Outcome(first.code(), first.body());
  }

  @Override
  public Outcome send(long conversation, String content, String clientMsgId) {
    String draft = Line.ascii(Line.draft(conversation, content, clientMsgId));
    JsonNode answer = api.post("api/messages", draft).body();
    if (answer.has("message")) {
      ObjectNode sent = answer.get("message").deepCopy();
      return new Outcome("", sent.put("duplicate", answer.path("duplicate").asBoolean()));
    }
    return new Outcome(answer.path("code").asText("no answer"), answer);
  }

  @Override
  public void read(long conversation, long seq) {
    api.post("api/receipts", "{\"session_id\":" + conversation + ",\"read\":" + seq + "}");
  }

  @Override
  public List<JsonNode> messages(long conversation) {
    return received.getOrDefault(conversation, List.of());
  }

  @Override
  public void cut() {
    open = false;
  }

  @Override
  public void close() {
    open = false;
  }

  private void pollOn(long conversation, long after, String more) {
    long cursor = after;
    while (open) {
      Answer answer = poll(conversation, cursor, waitSeconds, more);
      if (answer.status() != 200 || !open) {
        return;
      }
      cursor = keep(conversation, answer);
      if (waitSeconds == 0) {
        LockSupport.parkNanos(SHORT_POLL_GAP.toNanos());
      }
    }
  }

  private long keep(long conversation, Answer answer) {
    List<JsonNode> messages =
        received.computeIfAbsent(conversation, id -> new CopyOnWriteArrayList<>());
    answer.body().get("messages").forEach(messages::add);
    return answer.body().get("cursor").asLong();
  }

  private Answer poll(long conversation, long after, int wait, String more) {
    return api.get(
        "api/messages?session_id="
            + conversation
            + "&after="
            + after
            + (wait == 0 ? "" : "&wait=" + wait)
            + more);
  }
}
