package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Text;
import java.io.IOException;
import java.util.List;

/** The frames of protocol section 3. */
public final class NativeDialect implements Dialect {

  private static final List<String> PONG = List.of("{\"type\":\"pong\"}");

  private final Language language;

  /** {@code language} is that of the sentences in refusals. */
  public NativeDialect(Language language) {
    this.language = language;
  }

  @Override
  public Said decode(String text) {
    String ref = null;
    try {
      Fields fields = Json.parse(text);
      ref = FrameCodec.ref(fields);
      return new Said(FrameCodec.decode(fields), null, ref);
    } catch (ChatException refusal) {
      return new Said(null, refusal, ref);
    }
  }

  @Override
  public List<String> encode(Reply reply, boolean batched) {
    if (reply instanceof Reply.Messages messages) {
      return batched && messages.batch().size() > 1
          ? List.of(several(messages))
          : messages.batch().stream().map(one -> single(one, messages.missed(one))).toList();
    }
    if (reply instanceof Reply.Pong) {
      return PONG;
    }
    if (reply instanceof Reply.Refused refused) {
      return List.of(ProblemJson.frame(refused.refusal(), language, refused.ref()));
    }
    return reply instanceof Reply.Heartbeat
        ? List.of()
        : List.of(Json.object(g -> write(g, reply)));
  }

  private static String single(Encoded encoded, boolean missed) {
    return "{\"type\":\"new_message\",\"session_id\":"
        + encoded.message().conversation()
        + ",\"message\":"
        + encoded.json()
        + (missed ? ",\"offline\":true}" : "}");
  }

  private static String several(Reply.Messages messages) {
    List<Encoded> batch = messages.batch();
    StringBuilder out = new StringBuilder(512);
    out.append("{\"type\":\"messages\",\"session_id\":").append(messages.conversation());
    out.append(",\"messages\":");
    MessageJson.array(out, batch.stream().map(Encoded::json).iterator());
    boolean missed = messages.missed(batch.get(batch.size() - 1));
    return out.append(missed ? ",\"offline\":true}" : "}").toString();
  }

  private static void write(JsonGenerator g, Reply reply) throws IOException {
    if (reply instanceof Reply.Happened happened) {
      write(g, happened.event());
    } else if (reply instanceof Reply.Acknowledged acknowledged) {
      write(g, acknowledged.posted());
    } else if (reply instanceof Reply.Connected connected) {
      write(g, connected);
    } else if (reply instanceof Reply.Authenticated authenticated) {
      g.writeStringField("type", "auth_success");
      Json.writeUserId(g, "user_id", authenticated.caller().userId());
      g.writeStringField("role", authenticated.caller().role().text());
      g.writeStringField("expires_at", Json.time(authenticated.caller().expiresAt()));
    } else if (reply instanceof Reply.Joined joined) {
      g.writeStringField("type", "joined_session");
      g.writeNumberField("session_id", joined.conversation());
      g.writeNumberField("head", joined.head());
      g.writeStringField("epoch", joined.epoch());
    } else if (reply instanceof Reply.Left left) {
      g.writeStringField("type", "left_session");
      if (left.conversation() != null) {
        g.writeNumberField("session_id", left.conversation());
      }
    } else if (reply instanceof Reply.Presence presence) {
      g.writeStringField("type", "presence");
      Json.writeUserId(g, "user_id", presence.userId());
      g.writeStringField("status", presence.online() ? "online" : "offline");
    } else if (reply instanceof Reply.PresenceCount count) {
      g.writeStringField("type", "presence_count");
      g.writeNumberField("online", count.online());
    } else if (reply instanceof Reply.Change change) {
      g.writeStringField("type", "transport");
      g.writeStringField("use", change.use().text());
      g.writeNumberField("within_ms", change.withinMs());
      g.writeStringField("reason", change.reason());
    } else if (reply instanceof Reply.Draining draining) {
      g.writeStringField("type", "draining");
      g.writeNumberField("reconnect_in_ms", draining.reconnectInMs());
    }
  }

  private static void write(JsonGenerator g, Reply.Connected connected) throws IOException {
    g.writeStringField("type", "connected");
    g.writeStringField("message", "WebSocket连接成功");
    g.writeStringField("connection_id", connected.connectionId());
    g.writeNumberField("protocol", 1);
    g.writeNumberField("heartbeat_ms", connected.heartbeatMs());
    g.writeObjectFieldStart("limits");
    g.writeNumberField("frame_chars", Json.MAX_CHARS);
    g.writeNumberField("content_bytes", Text.MAX_CONTENT_BYTES);
    g.writeEndObject();
  }

  private static void write(JsonGenerator g, Posted posted) throws IOException {
    Message message = posted.message();
    g.writeStringField("type", "message_ack");
    g.writeStringField("client_msg_id", message.clientMsgId());
    g.writeNumberField("session_id", message.conversation());
    g.writeNumberField("message_id", message.id());
    g.writeNumberField("seq", message.seq());
    g.writeStringField("created_at", Json.time(message.createdAt()));
    g.writeBooleanField("duplicate", posted.duplicate());
  }

  private static void write(JsonGenerator g, Event event) throws IOException {
    if (event instanceof Event.Marked marked) {
      g.writeStringField("type", "message_status");
      g.writeNumberField("session_id", marked.conversation());
      g.writeNumberField("message_id", marked.messageId());
      g.writeNumberField("seq", marked.seq());
      Json.writeUserId(g, "user_id", marked.userId());
      g.writeStringField("status", marked.status().text());
      g.writeStringField("timestamp", Json.time(marked.at()));
    } else if (event instanceof Event.Typing typing) {
      g.writeStringField("type", "typing");
      g.writeNumberField("session_id", typing.conversation());
      Json.writeUserId(g, "user_id", typing.userId());
      g.writeBooleanField("active", typing.active());
    } else if (event instanceof Event.Updated updated) {
      g.writeStringField("type", "session_updated");
      g.writeObjectFieldStart("session");
      MessageJson.conversation(g, updated.conversation());
      g.writeEndObject();
    }
  }
}
