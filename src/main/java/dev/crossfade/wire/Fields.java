package dev.crossfade.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The fields of one JSON object from a client. Absent and null are the same. Each method throws a
 * ChatException that names the wrong field. Nothing is coerced except ids, which may be numbers or
 * strings.
 */
public final class Fields {

  /** The largest integer that JavaScript represents exactly. */
  public static final long MAX_WHOLE = 1L << 53;

  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,16}");

  private final JsonNode node;

  Fields(JsonNode node) {
    this.node = node;
  }

  public boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** A string, or null. */
  public String text(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw ChatException.badType(name);
    }
    return value.textValue();
  }

  public String requiredText(String name) {
    String text = text(name);
    if (text == null) {
      throw ChatException.missing(name);
    }
    return text;
  }

  /** An id of a user, shop, client or instance, or null. A number is converted to its digits. */
  public String identifier(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (value.isIntegralNumber()) {
      return Text.identifier(name, value.asText());
    }
    return Text.identifier(name, text(name));
  }

  public String requiredIdentifier(String name) {
    String id = identifier(name);
    if (id == null) {
      throw ChatException.missing(name);
    }
    return id;
  }

  /** A numeric id, or null; a string of digits is accepted too. */
  public Long number(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return whole(name, value.longValue());
    }
    if (value.isTextual() && WHOLE.matcher(value.textValue()).matches()) {
      return whole(name, Long.parseLong(value.textValue()));
    }
    if (value.isTextual() || value.isNumber()) {
      throw ChatException.badParameter(name);
    }
    throw ChatException.badType(name);
  }

  public long requiredNumber(String name) {
    Long number = number(name);
    if (number == null) {
      throw ChatException.missing(name);
    }
    return number;
  }

  /** A seq, or null. */
  public Long cursor(String name) {
    JsonNode value = node.get(name);
    if (value != null && !value.isNull() && !value.isNumber() && !value.isTextual()) {
      throw ChatException.badType(name);
    }
    try {
      return number(name);
    } catch (ChatException notOne) {
      throw new ChatException(Problem.BAD_CURSOR);
    }
  }

  public boolean requiredFlag(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      throw ChatException.missing(name);
    }
    if (!value.isBoolean()) {
      throw ChatException.badType(name);
    }
    return value.booleanValue();
  }

  /** A decimal number, or null. Exponents such as 1e2 are refused as probable mistakes. */
  public BigDecimal decimal(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw ChatException.badType(name);
    }
    BigDecimal decimal = value.decimalValue();
    if (decimal.scale() < 0) {
      throw ChatException.badParameter(name);
    }
    return decimal;
  }

  /** A list of strings, or null. */
  public List<String> texts(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isArray()) {
      throw ChatException.badType(name);
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : value) {
      if (!item.isTextual()) {
        throw ChatException.badType(name);
      }
      texts.add(item.textValue());
    }
    return texts;
  }

  /** A nested object, or null. */
  public Fields object(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isObject()) {
      throw ChatException.badType(name);
    }
    return new Fields(value);
  }

  /** A value of any type as text, for fields that are only echoed or compared. */
  public String loose(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() || value.isContainerNode() ? null : value.asText();
  }

  private static long whole(String name, long value) {
    if (value < 0 || value > MAX_WHOLE) {
      throw ChatException.badParameter(name);
    }
    return value;
  }
}
