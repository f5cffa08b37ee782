package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Exchange;
import dev.crossfade.support.LegacyConnection;
import dev.crossfade.support.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The widgets in webapp/legacy are in pages that nobody can redeploy. What they send is replayed as
 * bytes; what they read must come back as bytes, whatever the percentage is.
 *
 * <p>A transcript in src/test/resources/legacy is a list of exchanges, each a request, a line
 * {@code <<<} and the answer. {@code {{id}}} and {@code {{time}}} stand for any, every other {@code
 * {{name}}} for what it was the first time. A line {@code agent says: …} before the answer happens
 * while the request is held. Headers that are not listed may come, go and change.
 */
class LegacyTranscriptIT {

  private static final Path TRANSCRIPTS = Path.of("src/test/resources/legacy");

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();

  static Stream<Arguments> transcripts() throws IOException {
    try (Stream<Path> files = Files.list(TRANSCRIPTS)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(".http")).sorted().toList();
      return found.stream()
          .flatMap(file -> Stream.of("0", "100").map(p -> Arguments.of(file.getFileName(), p)));
    }
  }

  @ParameterizedTest(name = "{0} at {1} %")
  @MethodSource("transcripts")
  void is_answered_byte_for_byte(Path file, String percentage) throws Exception {
    server.api().admin().percentage(percentage);
    Map<String, String> names = new HashMap<>();
    names.put("host", "localhost:" + server.port());
    names.put("transport", percentage.equals("0") ? "polling" : "websocket");
    try (LegacyConnection connection = new LegacyConnection(server.port())) {
      for (Exchange exchange : Exchange.all(Files.readString(TRANSCRIPTS.resolve(file)))) {
        connection.send(exchange.request(names));
        for (String said : exchange.agentSays()) {
          agentSays(said, Long.parseLong(names.get("session")));
        }
        exchange.check(connection.answer(), names);
      }
    }
  }

  private void agentSays(String text, long conversation) {
    Api agent = server.api().agent();
    await().until(() -> agent.get("api/stats/websocket").body().get("held_polls").asInt() > 0);
    assertThat(agent.trySay(conversation, text, null).status()).isEqualTo(201);
  }
}
