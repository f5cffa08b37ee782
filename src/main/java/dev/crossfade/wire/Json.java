package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;

/** JSON as used here: strict on input, snake_case on output. Thread-safe. */
public final class Json {

  /** Maximum size of a body or frame. */
  public static final int MAX_CHARS = 32_768;

  /** The protocol itself nests at most three levels. */
  private static final int MAX_DEPTH = 16;

  /** Enough for 2^53, which has 16 digits. */
  private static final int MAX_NUMBER_CHARS = 30;

  private static final int KEPT_BUFFERS = 100;

  private static final Pattern NUMERIC_ID = Pattern.compile("0|[1-9][0-9]{0,14}");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              new JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER_CHARS)
                          .maxNameLength(MAX_CHARS)
                          .maxStringLength(MAX_CHARS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // The default would keep buffers, and with them this class loader, in Tomcat's
                  // threads.
                  .recyclerPool(JsonRecyclerPools.newBoundedPool(KEPT_BUFFERS))
                  .characterEscapes(new HarmlessEscapes())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /** Writes one object: {@code Json.object(g -> g.writeStringField("type", "pong"))}. */
  public interface Body {
    void write(JsonGenerator generator) throws IOException;
  }

  public static String object(Body body) {
    return text(
        generator -> {
          generator.writeStartObject();
          body.write(generator);
          generator.writeEndObject();
        });
  }

  /** Writes one array. */
  public static String array(Body body) {
    return text(
        generator -> {
          generator.writeStartArray();
          body.write(generator);
          generator.writeEndArray();
        });
  }

  private static String text(Body body) {
    StringWriter out = new StringWriter(256);
    try (JsonGenerator generator = MAPPER.getFactory().createGenerator(out)) {
      body.write(generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  /** Reads one object; throws {@code bad_json} or {@code bad_type}. */
  public static Fields parse(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new ChatException(Problem.BAD_JSON);
      }
      if (!node.isObject()) {
        throw new ChatException(Problem.BAD_TYPE);
      }
      return new Fields(node);
    } catch (JsonProcessingException | NumberFormatException malformed) {
      // Jackson throws NumberFormatException for an exponent too large for BigDecimal.
      throw new ChatException(Problem.BAD_JSON);
    }
  }

  /** Decodes UTF-8; throws {@code bad_unicode} instead of substituting U+FFFD. */
  public static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException malformed) {
      throw new ChatException(Problem.BAD_UNICODE);
    }
  }

  /** RFC 3339 in UTC, to the millisecond. */
  public static String time(Instant instant) {
    return TIME.format(instant);
  }

  /**
   * Writes a user id, as a number if it is one, so that {@code sender_id === 123} works in old
   * clients.
   */
  static void writeUserId(JsonGenerator generator, String field, String id) throws IOException {
    if (id != null && NUMERIC_ID.matcher(id).matches()) {
      generator.writeNumberField(field, Long.parseLong(id));
    } else {
      generator.writeStringField(field, id);
    }
  }

  /** A user id for {@code writeObjectField}: a Long or a String. */
  public static Object userId(String id) {
    return NUMERIC_ID.matcher(id).matches() ? (Object) Long.valueOf(id) : id;
  }
}
