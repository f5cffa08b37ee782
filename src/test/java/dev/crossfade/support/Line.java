package dev.crossfade.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * One client on one transport, as far as both transports promise the same. It hides nothing: a
 * message that came twice is in {@link #messages} twice.
 */
public interface Line extends AutoCloseable {

  /** What became of a send or a join; {@code code} is empty unless it was refused. */
  record Outcome(String code, JsonNode body) {

    public boolean refused() {
      return !code.isEmpty();
    }

    public long seq() {
      return body.path("seq").asLong();
    }

    public boolean duplicate() {
      return body.path("duplicate").asBoolean();
    }
  }

  /** Receives from now on what is after that place; {@code epoch} may be null. */
  Outcome follow(long conversation, long after, String epoch);

  /** Waits for the ack or the refusal. */
  Outcome send(long conversation, String content, String clientMsgId);

  /** The other member learns that all up to there was read. */
  void read(long conversation, long seq);

  /** In the order in which they came. */
  List<JsonNode> messages(long conversation);

  /** Ends without a goodbye. */
  void cut();

  @Override
  void close();

  default Outcome follow(long conversation, long after) {
    return follow(conversation, after, null);
  }

  default List<String> contents(long conversation) {
    return messages(conversation).stream().map(m -> m.get("content").textValue()).toList();
  }

  /** The fields of a message, for either transport. */
  static ObjectNode draft(long conversation, String content, String clientMsgId) {
    return Api.JSON
        .createObjectNode()
        .put("session_id", conversation)
        .put("content", content)
        .put("client_msg_id", clientMsgId);
  }

  /** With escapes for all but ASCII: the only way to write half a surrogate pair. */
  static String ascii(JsonNode json) {
    try {
      return Ascii.WRITER.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Holds what {@link #ascii} writes with. */
  final class Ascii {
    private static final ObjectMapper WRITER =
        JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private Ascii() {}
  }
}
