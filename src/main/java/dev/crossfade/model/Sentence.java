package dev.crossfade.model;

/** One sentence for people, in both languages. */
public record Sentence(String zh, String en) {

  public String in(Language language) {
    return language == Language.ZH ? zh : en;
  }
}
