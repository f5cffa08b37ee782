package dev.crossfade.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Server, browser client and documentation have one table of refusals. */
class RefusalsTest {

  private static final Path PAGE = Path.of("src/refusals.md");
  private static final Path BROWSER = Path.of("webapp/js");
  private static final Path PROTOCOL = BROWSER.resolve("chat/protocol.js");

  @Test
  void the_page_says_what_the_server_does() throws Exception {
    String made = page();
    Path copy = Files.writeString(Path.of("target/refusals.md"), made);
    assertThat(Files.readString(PAGE))
        .as("if the table was changed on purpose, copy %s over %s", copy, PAGE)
        .isEqualTo(made);
  }

  @Test
  void the_browser_client_does_after_each_close_what_the_table_says() throws Exception {
    String protocol = Files.readString(PROTOCOL);
    Map<String, String> names = new HashMap<>();
    matches("export const ([A-Z_]+) = '([a-z-]+)';", protocol)
        .forEach(constant -> names.put(constant.group(1), constant.group(2)));
    Map<Integer, String> handled = new HashMap<>();
    matches("\\b(\\d{4}): ([A-Z_]+)", protocol)
        .forEach(entry -> handled.put(Integer.valueOf(entry.group(1)), names.get(entry.group(2))));
    assertThat(handled).as("codes found in %s", PROTOCOL).hasSizeGreaterThan(5);

    for (CloseCode close : CloseCode.values()) {
      // What the client does not name is a lost connection to it.
      String does = handled.getOrDefault(close.number(), Advice.COME_BACK.text());
      assertThat(does).as("after a close with %s", close.number()).isEqualTo(close.advice().text());
    }
    assertThat(handled.keySet()).isSubsetOf(numbers(Set.of(CloseCode.values())));
  }

  @Test
  void the_browser_client_spreads_after_the_closes_that_many_get_at_once() throws Exception {
    Set<Integer> spread =
        matches("code === (\\d{4})", Files.readString(PROTOCOL))
            .map(match -> Integer.valueOf(match.group(1)))
            .collect(Collectors.toSet());
    Set<CloseCode> herds =
        Stream.of(CloseCode.values()).filter(CloseCode::herd).collect(Collectors.toSet());
    assertThat(spread).isEqualTo(numbers(herds));
  }

  @Test
  void the_browser_names_no_refusal_that_does_not_exist() throws Exception {
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.walk(BROWSER)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".js")).toList()) {
        matches("\\b(?:code|frame\\.code|refusal\\.code) === '([a-z_]+)'", Files.readString(file))
            .forEach(match -> named.add(match.group(1)));
      }
    }
    Set<String> codes = Stream.of(Problem.values()).map(Problem::code).collect(Collectors.toSet());
    assertThat(named).hasSizeGreaterThan(1).isSubsetOf(codes);
  }

  @Test
  void status_flag_and_close_code_of_a_refusal_say_the_same() {
    for (Problem problem : Problem.values()) {
      boolean later = problem.status() == 429 || problem.status() >= 500;
      assertThat(problem.retryable()).as(problem.code()).isEqualTo(later);
      problem
          .closeCode()
          .ifPresent(
              close -> assertThat(close.advice()).as(problem.code()).isEqualTo(problem.advice()));
    }
  }

  @Test
  void a_close_frame_has_room_for_each_meaning() {
    for (CloseCode close : CloseCode.values()) {
      assertThat(close.meaning().getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(123);
    }
  }

  private static Set<Integer> numbers(Set<CloseCode> codes) {
    return codes.stream().map(CloseCode::number).collect(Collectors.toSet());
  }

  private static Stream<MatchResult> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  private static String page() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Refusals and closes

        Made from `model/Problem` and `model/CloseCode`; `RefusalsTest` compares this page and the browser client with them.

        ## Refusals

        `{"code", "error", "retryable"}` with its status over HTTP; an `error` frame with the same fields over a WebSocket. The close code
        is the one of a socket that the refusal ends: for 4400 there must be 10 malformed frames in a minute, 4429 only closes a socket
        that sends too many frames, and the others end a socket only where the refusal is of the connection and not of one frame.

        | code | status | close | retryable | meaning | a client |
        | --- | --- | --- | --- | --- | --- |
        """);
    for (Problem problem : Problem.values()) {
      page.append(
          "| `%s` | %d | %s | %s | %s | %s |\n"
              .formatted(
                  problem.code(),
                  problem.status(),
                  problem.closeCode().map(code -> "" + code.number()).orElse(""),
                  problem.retryable() ? "yes" : "no",
                  problem.sentence().en(),
                  problem.advice().sentence()));
    }
    page.append(
        """

        ## Closes of a WebSocket

        | close | meaning | a client | far apart |
        | --- | --- | --- | --- |
        """);
    for (CloseCode close : CloseCode.values()) {
      page.append(
          "| %d | %s | %s | %s |\n"
              .formatted(
                  close.number(),
                  close.meaning(),
                  close.advice().sentence(),
                  close.herd() ? "yes" : ""));
    }
    page.append(
        """

        A code that is not here, and an end without a code, is a lost connection: a client comes back. "Far apart": many are closed at the
        same moment, so a client waits for a random time before it comes back.
        """);
    return page.toString();
  }
}
