package dev.crossfade.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The weak comparison of RFC 9110, 8.8.3.2, as {@code If-None-Match} requires. When compressing a
 * response, nginx makes the tag weak and Apache adds a suffix.
 */
public final class EntityTag {

  private static final Pattern TAG = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern COMPRESSED = Pattern.compile("-(gzip|br)$");

  private EntityTag() {}

  /**
   * Whether the client has the version with this tag.
   *
   * @param condition a list of tags, or {@code *} for any version; null if none was sent
   * @param tag ours, in quotation marks
   */
  public static boolean matches(String condition, String tag) {
    if (condition == null) {
      return false;
    }
    if (condition.trim().equals("*")) {
      return true;
    }
    String ours = tag.substring(1, tag.length() - 1);
    Matcher theirs = TAG.matcher(condition);
    while (theirs.find()) {
      if (COMPRESSED.matcher(theirs.group(1)).replaceFirst("").equals(ours)) {
        return true;
      }
    }
    return false;
  }
}
