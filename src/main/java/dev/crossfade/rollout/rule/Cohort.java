package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The clients that take part, by the version and platform they report. Written as {@code
 * version>=4.2;platform=web,ios}; empty means everyone. A client that does not report a required
 * property is not in the cohort. Immutable.
 *
 * @param minVersion dotted numbers; empty for any
 * @param platforms empty for any
 */
public record Cohort(List<Integer> minVersion, Set<String> platforms) {

  public static final Cohort ALL = new Cohort(List.of(), Set.of());

  private static final Pattern FORM =
      Pattern.compile(
          "(?:version>=([0-9]{1,6}(?:\\.[0-9]{1,6}){0,3}))?;?"
              + "(?:platform=([A-Za-z0-9_.:@-]{1,64}(?:,[A-Za-z0-9_.:@-]{1,64}){0,19}))?");

  private static final Pattern VERSION = Pattern.compile("v?([0-9]{1,6}(?:\\.[0-9]{1,6}){0,3}).*");

  /** Parses the written form; throws {@code bad_parameter}. */
  public static Cohort parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || text.equals(";")) {
      throw ChatException.badParameter("cohort");
    }
    Set<String> platforms =
        matcher.group(2) == null ? Set.of() : new TreeSet<>(List.of(matcher.group(2).split(",")));
    return new Cohort(matcher.group(1) == null ? List.of() : numbers(matcher.group(1)), platforms);
  }

  /** The reverse of {@link #parse}. */
  public String text() {
    List<String> parts = new ArrayList<>();
    if (!minVersion.isEmpty()) {
      parts.add(
          "version>="
              + String.join(".", minVersion.stream().map(n -> Integer.toString(n)).toList()));
    }
    if (!platforms.isEmpty()) {
      parts.add("platform=" + String.join(",", new TreeSet<>(platforms)));
    }
    return String.join(";", parts);
  }

  boolean includes(Client client) {
    return (platforms.isEmpty()
            || client.platform() != null && platforms.contains(client.platform()))
        && (minVersion.isEmpty() || client.version() != null && newEnough(client.version()));
  }

  private boolean newEnough(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      return false;
    }
    List<Integer> has = numbers(matcher.group(1));
    for (int i = 0; i < Math.max(has.size(), minVersion.size()); i++) {
      int compared = Integer.compare(at(has, i), at(minVersion, i));
      if (compared != 0) {
        return compared > 0;
      }
    }
    return true;
  }

  private static int at(List<Integer> numbers, int i) {
    return i < numbers.size() ? numbers.get(i) : 0;
  }

  private static List<Integer> numbers(String dotted) {
    return Arrays.stream(dotted.split("\\.")).map(Integer::valueOf).toList();
  }
}
