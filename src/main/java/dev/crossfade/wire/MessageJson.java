package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Message;
import dev.crossfade.store.ConversationStore;
import java.io.IOException;
import java.util.Iterator;

/** The JSON form of messages and conversations, for both transports. */
public final class MessageJson {

  private MessageJson() {}

  public static String message(Message message) {
    return Json.object(
        g -> {
          g.writeNumberField("id", message.id());
          g.writeNumberField("session_id", message.conversation());
          g.writeNumberField("seq", message.seq());
          Json.writeUserId(g, "sender_id", message.senderId());
          g.writeStringField("sender_role", message.senderRole().text());
          g.writeStringField("sender_name", message.senderName());
          g.writeStringField("content", message.content());
          g.writeStringField("message_type", message.messageType());
          if (message.replyTo() == null) {
            g.writeNullField("reply_to");
          } else {
            g.writeNumberField("reply_to", message.replyTo());
          }
          g.writeStringField("client_msg_id", message.clientMsgId());
          g.writeStringField("created_at", Json.time(message.createdAt()));
          g.writeStringField("status", message.status().text());
        });
  }

  /** The response to a poll, from encoded messages. */
  public static String page(
      long conversation, String epoch, Iterator<String> messages, long cursor, long head) {
    return Json.object(
        g -> {
          g.writeNumberField("session_id", conversation);
          g.writeStringField("epoch", epoch);
          g.writeArrayFieldStart("messages");
          while (messages.hasNext()) {
            g.writeRawValue(messages.next());
          }
          g.writeEndArray();
          g.writeNumberField("cursor", cursor);
          g.writeNumberField("head", head);
        });
  }

  /** Writes the fields of a conversation into the current object. */
  public static void conversation(JsonGenerator g, Conversation conversation) throws IOException {
    g.writeNumberField("session_id", conversation.id());
    Json.writeUserId(g, "visitor_id", conversation.visitorId());
    g.writeStringField("visitor_name", conversation.visitorName());
    Json.writeUserId(g, "agent_id", conversation.agentId());
    g.writeStringField("subject", conversation.subject());
    g.writeStringField("status", conversation.open() ? "open" : "closed");
    g.writeNumberField("head", conversation.head());
    g.writeStringField("created_at", Json.time(conversation.createdAt()));
    g.writeStringField("updated_at", Json.time(conversation.updatedAt()));
  }

  public static String conversation(Conversation conversation, String epoch) {
    return Json.object(
        g -> {
          conversation(g, conversation);
          g.writeStringField("epoch", epoch);
        });
  }

  public static String list(Iterable<ConversationStore.Listed> conversations, String epoch) {
    return Json.object(
        g -> {
          g.writeStringField("epoch", epoch);
          g.writeArrayFieldStart("sessions");
          for (ConversationStore.Listed listed : conversations) {
            g.writeStartObject();
            conversation(g, listed.conversation());
            g.writeNumberField("unread", listed.unread());
            if (listed.notes() != null) {
              g.writeNumberField("notes", listed.notes());
            }
            g.writeFieldName("last_message");
            if (listed.lastMessage() == null) {
              g.writeNull();
            } else {
              g.writeRawValue(message(listed.lastMessage()));
            }
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  static void array(StringBuilder out, Iterator<String> items) {
    out.append('[');
    while (items.hasNext()) {
      out.append(items.next());
      if (items.hasNext()) {
        out.append(',');
      }
    }
    out.append(']');
  }
}
