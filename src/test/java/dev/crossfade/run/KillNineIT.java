package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Line;
import dev.crossfade.support.Line.Outcome;
import dev.crossfade.support.PollingLine;
import dev.crossfade.support.SocketLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The WAR in a Tomcat of its own loses its process in the middle of a talk. */
@Tag("alone")
class KillNineIT {

  private static final int SENDERS = 8;
  private static final int EACH_SENDS = 250;

  /** Late enough for all to be under way, early enough that most is still to come. */
  private static final int KILLED_AFTER_ACKS = 600;

  @TempDir Path folder;

  @Test
  void what_was_acknowledged_before_kill_9_is_there_once_after_the_restart() throws Exception {
    try (RealTomcat server = new RealTomcat(RealTomcat.TOMCAT_11, folder).start()) {
      Api visitor = api(server).visitor();
      long conversation = visitor.open();
      Map<String, Long> acknowledged = new ConcurrentHashMap<>();
      var senders = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < SENDERS; i++) {
        String name = "s" + i;
        Line line = i % 2 == 0 ? new SocketLine(visitor) : new PollingLine(visitor, 0);
        senders.add(CompletableFuture.runAsync(() -> send(line, conversation, name, acknowledged)));
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> acknowledged.size() >= KILLED_AFTER_ACKS);
      server.kill();
      senders.forEach(CompletableFuture::join);
      assertThat(acknowledged).as("the kill came in the middle").hasSizeLessThan(2000);

      server.start();

      Api again = api(server).as(visitor.token());
      Map<String, Long> stored = stored(again, conversation);
      assertThat(stored).containsAllEntriesOf(acknowledged);
      // What is unknown is repeated with the same id and is there once as well.
      IntStream.range(0, SENDERS).parallel().forEach(i -> repeat(again, conversation, "s" + i));
      assertThat(stored(again, conversation)).hasSize(SENDERS * EACH_SENDS);
    }
  }

  private static Api api(RealTomcat server) {
    return new Api(server.url());
  }

  /** Until it is done or the line is dead. */
  private static void send(
      Line line, long conversation, String name, Map<String, Long> acknowledged) {
    for (int n = 0; n < EACH_SENDS; n++) {
      String id = name + "-" + n;
      Outcome outcome;
      try {
        outcome = line.send(conversation, "from " + name, id);
      } catch (RuntimeException dead) {
        return;
      }
      if (!outcome.refused()) {
        acknowledged.put(id, outcome.seq());
      }
    }
  }

  private static void repeat(Api api, long conversation, String name) {
    for (int n = 0; n < EACH_SENDS; n++) {
      api.say(conversation, "from " + name, name + "-" + n);
    }
  }

  /** By client_msg_id; fails where one is there twice or a number is missing. */
  private static Map<String, Long> stored(Api api, long conversation) {
    Map<String, Long> stored = new TreeMap<>();
    List<Long> seqs = new ArrayList<>();
    JsonNode page = api.poll(conversation, 0, 0).body();
    while (!page.get("messages").isEmpty()) {
      for (JsonNode message : page.get("messages")) {
        String id = message.get("client_msg_id").asText();
        assertThat(stored.put(id, message.get("seq").asLong())).as(id).isNull();
        seqs.add(message.get("seq").asLong());
      }
      page = api.poll(conversation, page.get("cursor").asLong(), 0).body();
    }
    assertThat(seqs)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, seqs.size()).boxed().toList());
    assertThat(page.get("head").asLong()).isEqualTo(seqs.size());
    return stored;
  }
}
