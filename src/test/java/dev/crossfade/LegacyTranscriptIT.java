package dev.crossfade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Widgets that nobody can redeploy: what they say is said again, byte for byte, to every build. */
class LegacyTranscriptIT {

  private static final Path TRANSCRIPTS = Path.of("src/test/resources/legacy");
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");

  /** These differ even within one conversation. */
  private static final List<String> NEVER_THE_SAME = List.of("time", "id");

  @TempDir static Path home;
  static CrossfadeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  static Stream<Path> transcripts() throws IOException {
    return Files.list(TRANSCRIPTS).filter(file -> file.toString().endsWith(".http")).sorted();
  }

  private record Exchange(String request, String status, String type, String body) {}

  @ParameterizedTest
  @MethodSource("transcripts")
  void hears_what_it_always_heard(Path transcript) throws Exception {
    Map<String, String> known = new HashMap<>(Map.of("host", "localhost:" + server.port()));
    Deque<Exchange> exchanges = new ArrayDeque<>(read(transcript));
    while (!exchanges.isEmpty()) {
      try (Socket socket = new Socket("localhost", server.port())) {
        socket.setSoTimeout(30_000);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        boolean kept = true;
        // Tomcat closes a connection after a 400; a browser then opens another, and so do we.
        while (kept && !exchanges.isEmpty()) {
          kept = exchange(exchanges.remove(), socket, in, known);
        }
      }
    }
  }

  /** Whether the connection is kept. */
  private static boolean exchange(
      Exchange exchange, Socket socket, InputStream in, Map<String, String> known)
      throws IOException {
    socket.getOutputStream().write(bytes(fill(exchange.request(), known)));
    String head = head(in);
    String body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
    String lower = head.toLowerCase(Locale.ROOT);
    assertThat(head).as(exchange.request()).startsWith("HTTP/1.1 " + exchange.status());
    assertThat(lower).contains("content-type: " + exchange.type().toLowerCase(Locale.ROOT));
    compare(exchange.body(), body, known);
    return !lower.contains("connection: close");
  }

  /** The expected body, with what is known filled in and what is new learnt from the answer. */
  private static void compare(String expected, String body, Map<String, String> known) {
    StringBuilder pattern = new StringBuilder();
    List<String> learnt = new ArrayList<>();
    Matcher place = PLACE.matcher(expected);
    int from = 0;
    while (place.find()) {
      pattern.append(Pattern.quote(expected.substring(from, place.start())));
      String name = place.group(1);
      if (known.containsKey(name)) {
        pattern.append(Pattern.quote(known.get(name)));
      } else {
        pattern.append("([^\"]+?)");
        learnt.add(name);
      }
      from = place.end();
    }
    pattern.append(Pattern.quote(expected.substring(from)));
    Matcher matcher = Pattern.compile(pattern.toString()).matcher(body);
    assertThat(matcher.matches()).as("%s%nis not%n%s", body, expected).isTrue();
    for (int i = 0; i < learnt.size(); i++) {
      if (!NEVER_THE_SAME.contains(learnt.get(i))) {
        known.put(learnt.get(i), matcher.group(i + 1));
      }
    }
  }

  private static List<Exchange> read(Path transcript) throws IOException {
    List<Exchange> exchanges = new ArrayList<>();
    for (String part : Files.readString(transcript).split("(?m)^>>> ")) {
      if (!part.isEmpty()) {
        String[] sides = part.split("(?m)^<<< ", 2);
        String[] answer = sides[1].split("\n", 2);
        String[] head = answer[0].split(" ", 2);
        exchanges.add(new Exchange(sides[0], head[0], head[1], answer[1].strip()));
      }
    }
    return exchanges;
  }

  private static String fill(String text, Map<String, String> known) {
    return PLACE
        .matcher(text)
        .replaceAll(m -> Matcher.quoteReplacement(known.getOrDefault(m.group(1), m.group())));
  }

  /**
   * CRLF in the head; the body as it stands, its length put in where the transcript leaves it open.
   */
  private static byte[] bytes(String request) {
    String[] parts = request.split("\n\n", 2);
    String body = parts[1].stripTrailing();
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    String head = parts[0].replace("{{length}}", Integer.toString(length)).replace("\n", "\r\n");
    return (head + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after: " + head);
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private static int length(String head) {
    Matcher length = LENGTH.matcher(head);
    return length.find() ? Integer.parseInt(length.group(1)) : 0;
  }
}
