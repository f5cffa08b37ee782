package dev.crossfade.wire;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;

/** Parses the incoming frames of protocol section 3. */
public final class FrameCodec {

  private static final int MAX_DEVICE_CHARS = 64;

  private FrameCodec() {}

  /** The reference for a reply to a frame: its client_msg_id, or else its id. Never throws. */
  public static String ref(Fields fields) {
    String ref = fields.loose("client_msg_id");
    ref = ref == null ? fields.loose("id") : ref;
    return ref == null || ref.length() > 64 ? null : ref;
  }

  /** Parses a frame; throws a ChatException that says what is wrong with it. */
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
    Fields device = fields.object("device");
    return new Frame.Auth(
        fields.text("token"),
        fields.identifier("user_id"),
        fields.identifier("client_id"),
        fields.identifier("instance"),
        batch(fields.loose("batch")),
        device == null
            ? null
            : new Frame.Device(
                Text.label("device", device.text("name"), Text.MAX_NAME_CHARS),
                Text.label("device", device.text("type"), MAX_DEVICE_CHARS),
                Text.label("device", device.text("platform"), MAX_DEVICE_CHARS)));
  }

  private static Frame.Batch batch(String asked) {
    return switch (asked == null ? "" : asked) {
      case "true", "text" -> Frame.Batch.TEXT;
      case "binary" -> Frame.Batch.BINARY;
      default -> Frame.Batch.NONE;
    };
  }

  private static Frame send(Fields fields) {
    if (!fields.has("session_id") || !fields.has("content")) {
      throw new ChatException(
          Problem.MISSING_FIELD, "缺少会话ID或消息内容", "缺少對話ID或訊息內容", "session_id or content is missing.");
    }
    return new Frame.Send(draft(fields));
  }

  /** Parses a draft, for both transports. */
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
}
