package dev.crossfade.app;

import dev.crossfade.model.Language;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads settings by name, records them for the log, and collects errors. */
final class SettingsReader {

  private static final Map<String, Boolean> FLAGS = Map.of("true", true, "false", false);

  private final Function<String, Settings.Found> source;
  private final List<String> shown = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();

  SettingsReader(Function<String, Settings.Found> source) {
    this.source = source;
  }

  String text(String name, String otherwise) {
    return value(name, otherwise, false);
  }

  /** Reads a setting that is masked in the log. */
  String secret(String name) {
    return value(name, null, true);
  }

  boolean flag(String name, boolean otherwise) {
    Boolean flag = FLAGS.get(text(name, Boolean.toString(otherwise)));
    if (flag == null) {
      wrong("crossfade." + name + " must be true or false.");
      return otherwise;
    }
    return flag;
  }

  int number(String name, int otherwise, int min, int max) {
    String value = text(name, Integer.toString(otherwise));
    try {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException none) {
      // Reported below, with the bounds.
    }
    wrong("crossfade." + name + " must be a whole number from " + min + " to " + max + ".");
    return otherwise;
  }

  Language language(String name, String otherwise) {
    try {
      return Language.of(text(name, otherwise));
    } catch (IllegalArgumentException none) {
      wrong("crossfade." + name + " must be zh-CN, zh-TW or en.");
      return Language.of(otherwise);
    }
  }

  void wrong(String sentence) {
    wrong.add(sentence);
  }

  /** Name, value and source of each setting in reading order, with secrets masked. */
  List<String> shown() {
    return List.copyOf(shown);
  }

  /** Throws an exception with one sentence per error, if there are any. */
  void requireNothingWrong() {
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", wrong));
    }
  }

  private String value(String name, String otherwise, boolean masked) {
    Settings.Found found = source.apply(name);
    String value = found == null ? otherwise : found.value();
    if (value != null) {
      String from = found == null ? "default" : found.source();
      shown.add(name + "=" + (masked ? "***" : value) + " (" + from + ")");
    }
    return value;
  }
}
