package dev.crossfade.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One request of a transcript and the answer that it must get, headers and body as text. */
public record Exchange(
    String title, String requestText, List<String> agentSays, String answerText) {

  private static final Pattern NAME = Pattern.compile("\\{\\{(\\w+)}}");
  private static final String AGENT = "agent says: ";

  /** Volatile by nature, so never the same twice. */
  private static final Map<String, String> ANY =
      Map.of("id", "[0-9]+", "time", "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z");

  public static List<Exchange> all(String transcript) {
    return Arrays.stream(transcript.split("(?m)^### ")).skip(1).map(Exchange::one).toList();
  }

  private static Exchange one(String text) {
    String title = text.lines().findFirst().orElseThrow();
    String[] halves = text.substring(title.length() + 1).split("(?m)^<<<\n", 2);
    List<String> lines = halves[0].lines().toList();
    List<String> said =
        lines.stream()
            .filter(l -> l.startsWith(AGENT))
            .map(l -> l.substring(AGENT.length()))
            .toList();
    String request =
        String.join("\n", lines.stream().filter(l -> !l.startsWith(AGENT)).toList())
            .stripTrailing();
    return new Exchange(title, request, said, halves[1].stripTrailing());
  }

  /** As bytes, with the length that the names make of its body. */
  public byte[] request(Map<String, String> names) {
    String filled = NAME.matcher(requestText).replaceAll(name -> value(name.group(1), names));
    String[] parts = filled.split("\n\n", 2);
    byte[] body = parts.length < 2 ? new byte[0] : parts[1].getBytes(StandardCharsets.UTF_8);
    String head = parts[0].replace("\n", "\r\n").replace("<length>", Integer.toString(body.length));
    byte[] start = (head + "\r\n\r\n").getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, whole, start.length, body.length);
    return whole;
  }

  /** Status and body as they are; of the headers those that are listed. Learns new names. */
  public void check(LegacyConnection.Answer answer, Map<String, String> names) {
    String[] parts = answerText.split("\n\n", 2);
    List<String> head = parts[0].lines().toList();
    assertThat(answer.head().get(0).strip()).as(title + "\n" + answer).isEqualTo(head.get(0));
    for (String header : head.subList(1, head.size())) {
      matches(header, answer.header(header.substring(0, header.indexOf(':'))), names);
    }
    matches(parts.length < 2 ? "" : parts[1], answer.body(), names);
  }

  private void matches(String expected, String actual, Map<String, String> names) {
    StringBuilder pattern = new StringBuilder();
    List<String> learnt = new ArrayList<>();
    Matcher name = NAME.matcher(expected);
    int from = 0;
    while (name.find()) {
      pattern.append(Pattern.quote(expected.substring(from, name.start())));
      pattern.append(group(name.group(1), names, learnt));
      from = name.end();
    }
    pattern.append(Pattern.quote(expected.substring(from)));
    Matcher found = Pattern.compile(pattern.toString()).matcher(actual);
    assertThat(found.matches())
        .as("%s%nexpected %s%nactual   %s", title, expected, actual)
        .isTrue();
    learnt.forEach(one -> names.put(one, found.group(one)));
  }

  private static String group(String name, Map<String, String> names, List<String> learnt) {
    if (ANY.containsKey(name)) {
      return ANY.get(name);
    }
    if (names.containsKey(name)) {
      return Pattern.quote(names.get(name));
    }
    if (learnt.contains(name)) {
      return "\\k<" + name + ">";
    }
    learnt.add(name);
    return "(?<" + name + ">[^\"{},:]+)";
  }

  private static String value(String name, Map<String, String> names) {
    return Matcher.quoteReplacement(names.get(name));
  }
}
