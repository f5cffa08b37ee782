package dev.crossfade.wire;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of a request, parsed from the raw query, because Tomcat silently drops what it
 * cannot decode, and a dropped {@code after} would mean 0. Unknown parameters are ignored;
 * malformed and repeated ones are refused.
 */
public final class Query {

  /** No endpoint has more than eight. */
  private static final int MAX_PARAMETERS = 50;

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,16}");
  private static final Pattern MANY_DIGITS = Pattern.compile("[0-9]{17,}");

  private final Map<String, String> values;

  private Query(Map<String, String> values) {
    this.values = values;
  }

  /** Parses a query; {@code raw} may be null. Throws {@code bad_parameter}. */
  public static Query of(String raw) {
    Map<String, String> values = new HashMap<>();
    if (raw != null && !raw.isEmpty()) {
      String[] pairs = raw.split("&", MAX_PARAMETERS + 1);
      if (pairs.length > MAX_PARAMETERS) {
        throw ChatException.badParameter("query");
      }
      for (String pair : pairs) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        if (!name.isEmpty() && values.put(name, value) != null) {
          throw ChatException.badParameter(name);
        }
      }
    }
    return new Query(values);
  }

  /** The value, or null if it is absent or empty. */
  public String text(String name) {
    String value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  public String identifier(String name) {
    String value = text(name);
    return value == null ? null : Text.identifier(name, value);
  }

  /** A whole number from 0 to 2^53, or null; larger values become {@code Long.MAX_VALUE}. */
  public Long number(String name) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    if (MANY_DIGITS.matcher(value).matches()) {
      return Long.MAX_VALUE;
    }
    if (!DIGITS.matcher(value).matches()) {
      throw ChatException.badParameter(name);
    }
    return Long.parseLong(value);
  }

  public long requiredNumber(String name) {
    Long number = number(name);
    if (number == null) {
      throw ChatException.missing(name);
    }
    return number;
  }

  /** A seq, or null; throws {@code bad_cursor}. */
  public Long cursor(String name) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    if (!DIGITS.matcher(value).matches() || Long.parseLong(value) > Fields.MAX_WHOLE) {
      throw new ChatException(Problem.BAD_CURSOR);
    }
    return Long.valueOf(value);
  }

  private static String decode(String encoded) {
    if (plain(encoded)) {
      return encoded;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c == '%') {
        bytes.write(octet(encoded, i));
        i += 2;
      } else if (c == '+') {
        bytes.write(' ');
      } else {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    try {
      String decoded = Json.utf8(bytes.toByteArray());
      Text.wellFormed(decoded);
      return decoded;
    } catch (ChatException malformed) {
      throw ChatException.badParameter("query");
    }
  }

  /** Printable ASCII that stands for itself, as in nearly every request. */
  private static boolean plain(String encoded) {
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c <= ' ' || c > '~' || c == '%' || c == '+') {
        return false;
      }
    }
    return true;
  }

  private static int octet(String encoded, int percent) {
    int high =
        percent + 1 < encoded.length() ? Character.digit(encoded.charAt(percent + 1), 16) : -1;
    int low =
        percent + 2 < encoded.length() ? Character.digit(encoded.charAt(percent + 2), 16) : -1;
    if (high < 0 || low < 0) {
      throw ChatException.badParameter("query");
    }
    return high * 16 + low;
  }
}
