package dev.crossfade.model;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Validates text on input; everything further in trusts it. */
public final class Text {

  public static final int MAX_CONTENT_BYTES = 4096;
  public static final int MAX_NAME_CHARS = 200;

  private static final Pattern BLANK = Pattern.compile("\\p{IsWhite_Space}*");
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9_.:@-]{1,64}");
  private static final Pattern CLIENT_MSG_ID = Pattern.compile("[!-~]{1,64}");

  private Text() {}

  /** Returns the content of a message unchanged; throws the refusals of protocol section 2. */
  public static String content(String content) {
    if (BLANK.matcher(content).matches()) {
      throw new ChatException(Problem.EMPTY_CONTENT);
    }
    wellFormed(content);
    if (content.getBytes(StandardCharsets.UTF_8).length > MAX_CONTENT_BYTES) {
      throw new ChatException(Problem.TOO_LONG);
    }
    return content;
  }

  /**
   * A name or subject: well-formed, at most {@code maxChars}, no control characters; null and blank
   * are null.
   */
  public static String label(String field, String label, int maxChars) {
    if (label == null || BLANK.matcher(label).matches()) {
      return null;
    }
    wellFormed(label);
    if (label.length() > maxChars || label.chars().anyMatch(Character::isISOControl)) {
      throw ChatException.badParameter(field);
    }
    return label;
  }

  /** An id of a user, shop, client or instance. */
  public static String identifier(String field, String id) {
    if (!isIdentifier(id)) {
      throw ChatException.badParameter(field);
    }
    return id;
  }

  public static boolean isIdentifier(String id) {
    return id != null && IDENTIFIER.matcher(id).matches();
  }

  public static String clientMsgId(String id) {
    if (id != null && !CLIENT_MSG_ID.matcher(id).matches()) {
      throw new ChatException(Problem.BAD_CLIENT_MSG_ID);
    }
    return id;
  }

  /** A lone surrogate breaks every socket it is written to, and PostgreSQL cannot store U+0000. */
  public static void wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isLowSurrogate(c)) {
        throw new ChatException(Problem.BAD_UNICODE);
      }
      if (Character.isHighSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          throw new ChatException(Problem.BAD_UNICODE);
        }
      }
    }
  }
}
