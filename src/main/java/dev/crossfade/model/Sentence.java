package dev.crossfade.model;

/**
 * One sentence for people, in every {@link Language}: a missing one does not compile.
 *
 * @param zh in simplified characters, as protocol.md and old clients know it
 * @param zhTw in the words and characters of Taiwan
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
