package dev.crossfade.model;

/**
 * A sentence for people in every {@link Language}; a missing translation does not compile.
 *
 * @param zh in simplified characters, as in protocol.md and older clients
 * @param zhTw in the wording and characters of Taiwan
 */
public record Sentence(String zh, String zhTw, String en) {

  public String in(Language language) {
    return switch (language) {
      case ZH -> zh;
      case ZH_TW -> zhTw;
      case EN -> en;
    };
  }
}
