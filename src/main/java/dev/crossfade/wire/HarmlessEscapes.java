package dev.crossfade.wire;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;

/**
 * Escapes characters that HTML or JavaScript could take for the end of a string or the start of a
 * tag. The JSON is unchanged, but harmless if an old page or a sniffing browser misinterprets it.
 */
final class HarmlessEscapes extends CharacterEscapes {

  private static final long serialVersionUID = 1;

  private static final SerializableString LINE_SEPARATOR = new SerializedString("\\u2028");
  private static final SerializableString PARAGRAPH_SEPARATOR = new SerializedString("\\u2029");

  /** Shared, because it is requested for every response. */
  private static final int[] ASCII = standardAsciiEscapesForJSON();

  static {
    for (char c : "<>&'".toCharArray()) {
      ASCII[c] = ESCAPE_STANDARD;
    }
  }

  /** Not copied, because Jackson only reads it. */
  @Override
  public int[] getEscapeCodesForAscii() {
    return ASCII;
  }

  @Override
  public SerializableString getEscapeSequence(int character) {
    return switch (character) {
      case 0x2028 -> LINE_SEPARATOR;
      case 0x2029 -> PARAGRAPH_SEPARATOR;
      default -> null;
    };
  }
}
