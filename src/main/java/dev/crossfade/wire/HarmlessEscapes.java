package dev.crossfade.wire;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;

/**
 * Writes what HTML or JavaScript could take for the end of a string or the begin of a tag as an
 * escape: the same text to a JSON parser, harmless where an old page or a sniffing browser takes
 * the answer for something else.
 */
final class HarmlessEscapes extends CharacterEscapes {

  private static final long serialVersionUID = 1;

  private static final SerializableString LINE_SEPARATOR = new SerializedString("\\u2028");
  private static final SerializableString PARAGRAPH_SEPARATOR = new SerializedString("\\u2029");

  /** Asked for with every answer that is written. */
  private static final int[] ASCII = standardAsciiEscapesForJSON();

  static {
    for (char c : "<>&'".toCharArray()) {
      ASCII[c] = ESCAPE_STANDARD;
    }
  }

  /** Jackson reads it and does not change it. */
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
