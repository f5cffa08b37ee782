package dev.crossfade.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.RawSocket;
import dev.crossfade.support.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise 7: who does not read costs little, stops nobody and loses nothing. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class SlowReaderIT {

  /** Ten megabytes in all: more than what the system keeps for a socket that nobody reads. */
  private static final int MESSAGES = 2_500;

  private static final String CONTENT = "x".repeat(4_000);

  /** Few enough that none is refused because too many wait to be stored. */
  private static final int AT_ONCE = 100;

  /** More signs of typing than may wait for one socket. */
  private static final int SIGNS = 1_500;

  @TempDir Path home;

  @Test
  void who_stops_reading_is_told_to_poll_and_finds_everything_there() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).start()) {
      Api visitor = server.api().visitor();
      long conversation = visitor.open();
      String auth = "Authorization: Bearer " + visitor.token() + "\r\n";
      try (RawSocket slow = RawSocket.open(server.port(), "/crossfade/ws", auth, 4_096);
          Socket healthy = Socket.as(visitor, null).join(conversation, 0L);
          Socket agent = Socket.as(server.api().agent(), null)) {
        slow.greeted().frame(RawSocket.FIN | RawSocket.TEXT, join(conversation));
        for (int n = 1; n <= MESSAGES; n++) {
          agent.say(conversation, CONTENT, "m" + n);
          if (n % AT_ONCE == 0) {
            int stored = n;
            await().until(() -> agent.all("message_ack").size() == stored);
          }
        }
        await().until(() -> healthy.messages(conversation).size() == MESSAGES);
        for (int n = 0; n < SIGNS; n++) {
          agent.send("{\"type\":\"typing\",\"active\":true,\"session_id\":" + conversation + "}");
        }
        await().until(() -> healthy.all("typing").size() == SIGNS);

        // Only now it reads on: what was under way to it, and the reason why it ends.
        assertThat(slow.closeCode()).isEqualTo(4408);
        List<Long> seen = seqs(slow.texts());
        long cursor = seen.size();
        assertThat(cursor).isLessThan(MESSAGES);
        for (JsonNode page; ; cursor = seen.size()) {
          page = visitor.poll(conversation, cursor, 0).body();
          if (page.get("messages").isEmpty()) {
            break;
          }
          page.get("messages").forEach(message -> seen.add(message.get("seq").asLong()));
        }
        assertThat(seen)
            .containsExactlyElementsOf(LongStream.rangeClosed(1, MESSAGES).boxed().toList());
        assertThat(healthy.isClosed()).isFalse();
      }
    }
  }

  private static byte[] join(long conversation) {
    return ("{\"type\":\"join_session\",\"after\":0,\"session_id\":" + conversation + "}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static List<Long> seqs(String texts) {
    List<Long> seqs = new ArrayList<>();
    for (String line : texts.split("\n")) {
      JsonNode frame = Api.parse(line);
      if (frame.path("type").asText().equals("new_message")) {
        seqs.add(frame.get("message").get("seq").asLong());
      }
    }
    return seqs;
  }
}
