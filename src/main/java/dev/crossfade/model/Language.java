package dev.crossfade.model;

import java.util.List;
import java.util.Locale;

/** The languages refusals are written in. */
public enum Language {
  ZH,
  EN;

  /**
   * From a setting such as {@code zh-CN} or {@code en}; throws IllegalArgumentException for others.
   */
  public static Language of(String tag) {
    String primary = tag.split("[-_]", 2)[0].toLowerCase(Locale.ROOT);
    return switch (primary) {
      case "zh" -> ZH;
      case "en" -> EN;
      default -> throw new IllegalArgumentException("no such language: " + tag);
    };
  }

  /** The best of the two for an Accept-Language header; {@code otherwise} for none or garbage. */
  public static Language preferred(String acceptLanguage, Language otherwise) {
    if (acceptLanguage == null || acceptLanguage.length() > 500) {
      return otherwise;
    }
    try {
      List<Locale.LanguageRange> ranges = Locale.LanguageRange.parse(acceptLanguage);
      String best = Locale.lookupTag(ranges, List.of("zh", "en"));
      return best == null ? otherwise : of(best);
    } catch (IllegalArgumentException malformed) {
      return otherwise;
    }
  }
}
