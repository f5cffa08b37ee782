package dev.crossfade.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PollingLine;
import dev.crossfade.support.SteeredClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The toggle moves under a live talk, and nobody who talks can tell. */
class SwitchIT {

  private static final int EACH_SAYS = 500;

  /** So that the talk goes on while the change travels. */
  private static final Duration BETWEEN_WORDS = Duration.ofMillis(5);

  @TempDir Path home;

  @Test
  void from_0_to_100_to_0_during_1000_messages_both_have_every_message_once_and_in_order()
      throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).start()) {
      Api admin = server.api().admin();
      Api visitor = server.api().visitor();
      long conversation = visitor.open();
      try (PollingLine widget = new PollingLine(visitor, 0);
          SteeredClient agent = new SteeredClient(server.api().agent(), "agent-1", conversation)) {
        widget.follow(conversation, 0);

        talk(visitor, agent, conversation, 0, 100);
        assertThat(agent.onWebSocket()).isFalse();
        assertThat(admin.percentage("100").status()).isEqualTo(200);
        talk(visitor, agent, conversation, 100, 250);
        await().atMost(Duration.ofSeconds(11)).until(agent::onWebSocket);
        talk(visitor, agent, conversation, 250, 350);
        assertThat(admin.percentage("0").status()).isEqualTo(200);
        talk(visitor, agent, conversation, 350, EACH_SAYS);
        await().atMost(Duration.ofSeconds(3)).until(() -> !agent.onWebSocket());

        await()
            .atMost(Duration.ofSeconds(10))
            .untilAsserted(
                () -> {
                  assertThat(widget.messages(conversation)).hasSizeGreaterThanOrEqualTo(1000);
                  assertThat(agent.shown()).hasSizeGreaterThanOrEqualTo(1000);
                });
        assertThat(agent.surprises()).isEmpty();
        assertThat(agent.changes()).isEqualTo(2);
        for (List<JsonNode> seen : List.of(widget.messages(conversation), agent.shown())) {
          assertThat(seen.stream().map(m -> m.get("seq").asLong()))
              .containsExactlyElementsOf(LongStream.rangeClosed(1, 1000).boxed().toList());
          assertThat(said(seen, "visitor")).isEqualTo(words("visitor"));
          assertThat(said(seen, "agent")).isEqualTo(words("agent"));
        }
      }
    }
  }

  private static void talk(Api visitor, SteeredClient agent, long conversation, int from, int to) {
    var typing =
        CompletableFuture.runAsync(
            () -> {
              for (int i = from; i < to; i++) {
                sayAsIn2019(visitor, conversation, "visitor " + i);
              }
            });
    for (int i = from; i < to; i++) {
      agent.say("agent " + i, "a" + i);
      LockSupport.parkNanos(BETWEEN_WORDS.toNanos());
    }
    typing.join();
  }

  /** Without a client_msg_id: the widget is older than that. */
  private static void sayAsIn2019(Api visitor, long conversation, String content) {
    ObjectNode draft = Api.JSON.createObjectNode();
    draft.put("session_id", conversation).put("content", content);
    assertThat(visitor.post("api/messages", draft.toString()).status()).isEqualTo(201);
    LockSupport.parkNanos(BETWEEN_WORDS.toNanos());
  }

  private static List<String> said(List<JsonNode> seen, String role) {
    return seen.stream()
        .filter(message -> message.get("sender_role").asText().equals(role))
        .map(message -> message.get("content").asText())
        .toList();
  }

  private static List<String> words(String who) {
    return IntStream.range(0, EACH_SAYS).mapToObj(i -> who + " " + i).toList();
  }
}
