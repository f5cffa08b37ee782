package dev.crossfade.message;

import java.util.List;

/** How much goes to a reader at once. */
public final class Batch {

  /**
   * Beyond this a batch ends early. A quarter of what may wait for one socket, so that a reader who
   * catches up is never told that it is too slow: 41 messages of 4,096 characters that JSON must
   * escape are a million.
   */
  public static final int MAX_CHARS = 250_000;

  private Batch() {}

  /** The last of {@code messages} that fit; always at least one. */
  static List<Encoded> newest(List<Encoded> messages) {
    int chars = 0;
    for (int i = messages.size() - 1; i >= 0; i--) {
      chars += messages.get(i).json().length();
      if (chars > MAX_CHARS && i < messages.size() - 1) {
        return messages.subList(i + 1, messages.size());
      }
    }
    return messages;
  }

  /** The first of {@code messages} that fit; always at least one. */
  static List<Encoded> bounded(List<Encoded> messages) {
    return bounded(messages, MAX_CHARS);
  }

  static List<Encoded> bounded(List<Encoded> messages, int maxChars) {
    int chars = 0;
    for (int i = 0; i < messages.size(); i++) {
      chars += messages.get(i).json().length();
      if (chars > maxChars && i > 0) {
        return messages.subList(0, i);
      }
    }
    return messages;
  }
}
