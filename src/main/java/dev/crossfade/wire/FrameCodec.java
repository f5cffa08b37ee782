package dev.crossfade.wire;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import dev.crossfade.model.Transport;
import java.util.List;

/** The frames of protocol section 3, in and out. */
public final class FrameCodec {

  private static final int MAX_DEVICE_CHARS = 64;

  private FrameCodec() {}

  /** What to answer a frame by, where it said: its client_msg_id, else its id. Never throws. */
  public static String ref(Fields fields) {
    String ref = fields.loose("client_msg_id");
    ref = ref == null ? fields.loose("id") : ref;
    return ref == null || ref.length() > 64 ? null : ref;
  }

  /** Which frame this is; throws the ChatException that says what is wrong with it. */
  public static Frame decode(Fields fields) {
    String type = fields.loose("type");
    return switch (type == null ? "" : type) {
      case "auth" -> auth(fields);
      case "join_session" ->
          new Frame.Join(session(fields), fields.cursor("after"), fields.text("epoch"));
      case "leave_session" -> new Frame.Leave(fields.number("session_id"));
      case "send_message" -> send(fields);
      case "message_delivered" -> mark(fields, false);
      case "message_read" -> mark(fields, true);
      case "typing" -> new Frame.Typing(session(fields), fields.requiredFlag("active"));
      case "ping" -> new Frame.Ping();
      default -> throw new ChatException(Problem.UNKNOWN_TYPE);
    };
  }

  private static Frame auth(Fields fields) {
    String batch = fields.loose("batch");
    Fields device = fields.object("device");
    return new Frame.Auth(
        fields.text("token"),
        fields.identifier("user_id"),
        fields.identifier("client_id"),
        fields.identifier("instance"),
        "true".equals(batch) || "text".equals(batch),
        "binary".equals(batch),
        device == null
            ? null
            : new Frame.Device(
                Text.label("device", device.text("name"), Text.MAX_NAME_CHARS),
                Text.label("device", device.text("type"), MAX_DEVICE_CHARS),
                Text.label("device", device.text("platform"), MAX_DEVICE_CHARS)));
  }

  private static Frame send(Fields fields) {
    if (!fields.has("session_id") || !fields.has("content")) {
      throw new ChatException(
          Problem.MISSING_FIELD, "缺少会话ID或消息内容", "缺少對話ID或訊息內容", "session_id or content is missing.");
    }
    return new Frame.Send(draft(fields));
  }

  /** A draft, for both transports. */
  public static Draft draft(Fields fields) {
    return new Draft(
        fields.requiredNumber("session_id"),
        fields.requiredText("content"),
        fields.text("client_msg_id"),
        fields.text("message_type"),
        fields.number("reply_to"));
  }

  private static Frame mark(Fields fields, boolean read) {
    long conversation = session(fields);
    Long seq = fields.cursor("seq");
    Long messageId = seq == null ? Long.valueOf(fields.requiredNumber("message_id")) : null;
    return new Frame.Mark(conversation, seq, messageId, read);
  }

  private static long session(Fields fields) {
    if (!fields.has("session_id")) {
      throw new ChatException(Problem.MISSING_FIELD, "缺少会话ID", "缺少對話ID", "session_id is missing.");
    }
    return fields.requiredNumber("session_id");
  }

  public static String connected(String connectionId, long heartbeatMs) {
    return Json.object(
        g -> {
          g.writeStringField("type", "connected");
          g.writeStringField("message", "WebSocket连接成功");
          g.writeStringField("connection_id", connectionId);
          g.writeNumberField("protocol", 1);
          g.writeNumberField("heartbeat_ms", heartbeatMs);
          g.writeObjectFieldStart("limits");
          g.writeNumberField("frame_chars", Json.MAX_CHARS);
          g.writeNumberField("content_bytes", Text.MAX_CONTENT_BYTES);
          g.writeEndObject();
        });
  }

  public static String authSuccess(Caller caller) {
    return Json.object(
        g -> {
          g.writeStringField("type", "auth_success");
          Json.writeUserId(g, "user_id", caller.userId());
          g.writeStringField("role", caller.role().text());
          g.writeStringField("expires_at", Json.time(caller.expiresAt()));
        });
  }

  public static String joined(long conversation, long head, String epoch) {
    return Json.object(
        g -> {
          g.writeStringField("type", "joined_session");
          g.writeNumberField("session_id", conversation);
          g.writeNumberField("head", head);
          g.writeStringField("epoch", epoch);
        });
  }

  /** {@code conversation} may be null. */
  public static String left(Long conversation) {
    return Json.object(
        g -> {
          g.writeStringField("type", "left_session");
          if (conversation != null) {
            g.writeNumberField("session_id", conversation);
          }
        });
  }

  public static String ack(Posted posted) {
    Message message = posted.message();
    return Json.object(
        g -> {
          g.writeStringField("type", "message_ack");
          g.writeStringField("client_msg_id", message.clientMsgId());
          g.writeNumberField("session_id", message.conversation());
          g.writeNumberField("message_id", message.id());
          g.writeNumberField("seq", message.seq());
          g.writeStringField("created_at", Json.time(message.createdAt()));
          g.writeBooleanField("duplicate", posted.duplicate());
        });
  }

  public static String newMessage(Encoded encoded, boolean offline) {
    return "{\"type\":\"new_message\",\"session_id\":"
        + encoded.message().conversation()
        + ",\"message\":"
        + encoded.json()
        + (offline ? ",\"offline\":true}" : "}");
  }

  public static String messages(long conversation, List<Encoded> batch, boolean offline) {
    StringBuilder out = new StringBuilder(512);
    out.append("{\"type\":\"messages\",\"session_id\":").append(conversation);
    out.append(",\"messages\":");
    MessageJson.array(out, batch.stream().map(Encoded::json).iterator());
    return out.append(offline ? ",\"offline\":true}" : "}").toString();
  }

  public static String event(Event event) {
    if (event instanceof Event.Marked marked) {
      return Json.object(
          g -> {
            g.writeStringField("type", "message_status");
            g.writeNumberField("session_id", marked.conversation());
            g.writeNumberField("message_id", marked.messageId());
            g.writeNumberField("seq", marked.seq());
            Json.writeUserId(g, "user_id", marked.userId());
            g.writeStringField("status", marked.status().text());
            g.writeStringField("timestamp", Json.time(marked.at()));
          });
    }
    if (event instanceof Event.Typing typing) {
      return Json.object(
          g -> {
            g.writeStringField("type", "typing");
            g.writeNumberField("session_id", typing.conversation());
            Json.writeUserId(g, "user_id", typing.userId());
            g.writeBooleanField("active", typing.active());
          });
    }
    Event.Updated updated = (Event.Updated) event;
    return Json.object(
        g -> {
          g.writeStringField("type", "session_updated");
          g.writeObjectFieldStart("session");
          MessageJson.conversation(g, updated.conversation());
          g.writeEndObject();
        });
  }

  public static String presence(String userId, boolean online) {
    return Json.object(
        g -> {
          g.writeStringField("type", "presence");
          Json.writeUserId(g, "user_id", userId);
          g.writeStringField("status", online ? "online" : "offline");
        });
  }

  public static String transport(Transport use, long withinMs, String reason) {
    return Json.object(
        g -> {
          g.writeStringField("type", "transport");
          g.writeStringField("use", use.text());
          g.writeNumberField("within_ms", withinMs);
          g.writeStringField("reason", reason);
        });
  }

  public static String draining(long reconnectInMs) {
    return Json.object(
        g -> {
          g.writeStringField("type", "draining");
          g.writeNumberField("reconnect_in_ms", reconnectInMs);
        });
  }

  public static String pong() {
    return "{\"type\":\"pong\"}";
  }
}
