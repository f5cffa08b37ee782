package dev.crossfade.model;

import java.util.List;
import java.util.Locale;
import java.util.Locale.LanguageRange;
import java.util.Map;

/** The languages of refusals. */
public enum Language {
  ZH,
  ZH_TW,
  EN;

  /** Matched by RFC 4647 lookup, where the longer tag wins: zh-Hant-HK is zh-Hant, zh-SG is zh. */
  private static final Map<String, Language> TAGS =
      Map.of("zh", ZH, "zh-tw", ZH_TW, "zh-hk", ZH_TW, "zh-mo", ZH_TW, "zh-hant", ZH_TW, "en", EN);

  private static final int MAX_HEADER_CHARS = 500;

  /**
   * Parses a setting such as {@code zh-CN}, {@code zh-TW} or {@code en}; throws
   * IllegalArgumentException for others.
   */
  public static Language of(String tag) {
    Language found = best(List.of(new LanguageRange(tag.replace('_', '-'))));
    if (found == null) {
      throw new IllegalArgumentException("no such language: " + tag);
    }
    return found;
  }

  /**
   * The best match for an Accept-Language header; {@code otherwise} if it is absent or malformed.
   */
  public static Language preferred(String acceptLanguage, Language otherwise) {
    if (acceptLanguage == null || acceptLanguage.length() > MAX_HEADER_CHARS) {
      return otherwise;
    }
    try {
      Language best = best(LanguageRange.parse(acceptLanguage));
      return best == null ? otherwise : best;
    } catch (IllegalArgumentException malformed) {
      return otherwise;
    }
  }

  private static Language best(List<LanguageRange> ranges) {
    String tag = Locale.lookupTag(ranges, TAGS.keySet());
    return tag == null ? null : TAGS.get(tag);
  }
}
