package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every page of a shop waits for news of its own visitor; one conversation there is busy. */
class HeldListsIT {

  private static final int VISITORS = 1_000;
  private static final int MESSAGES = 100;
  private static final Duration SOON = Duration.ofSeconds(10);

  /**
   * How much slower the busy pair may become, and how slow it may be anyhow. Where each message
   * makes a thousand lists be read again, one delivery in ten waits for over half a second.
   */
  private static final int TIMES = 5;

  private static final Duration GRANTED = Duration.ofMillis(50);

  /** A visitor with an open conversation, and the list that it knows. */
  private record Waiting(Api api, long conversation, String etag) {}

  @TempDir Path home;

  @Test
  void lists_that_are_held_cost_nothing_where_another_visitor_talks() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).start()) {
      Api talking = server.api().as("talking", "demo", "visitor");
      long conversation = talking.open();
      try (Socket writer = Socket.as(talking, null).join(conversation, 0L);
          Socket reader = Socket.as(server.api().agent(), null).join(conversation, 0L)) {
        talk(writer, reader, conversation);
        Duration alone = talk(writer, reader, conversation);

        List<Waiting> waiting = waiting(server.api());
        List<CompletableFuture<Answer>> held = hold(server.api(), waiting);
        Duration with = talk(writer, reader, conversation);
        System.out.printf(
            Locale.ROOT,
            "held lists: p90 %.1f ms alone, %.1f ms with %d lists held%n",
            alone.toNanos() / 1e6,
            with.toNanos() / 1e6,
            VISITORS);
        assertThat(with)
            .as("p90 of delivery, %s without the lists", alone)
            .isLessThan(alone.multipliedBy(TIMES).plus(GRANTED));
        assertThat(held).as("answered, though nothing has changed").noneMatch(f -> f.isDone());
        assertNewsComes(server.api(), waiting, held);
      }
    }
  }

  /** A list is held for good reason: the visitor's own news end it. */
  private static void assertNewsComes(
      Api api, List<Waiting> waiting, List<CompletableFuture<Answer>> held) throws Exception {
    for (int n = 0; n < VISITORS; n += VISITORS / 10) {
      api.agent().say(waiting.get(n).conversation(), "news", null);
      Answer news = held.get(n).get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(news.status()).isEqualTo(200);
      assertThat(news.body().get("sessions").get(0).get("unread").asInt()).isEqualTo(1);
    }
  }

  /** The time from one's send to the other's delivery that nine in ten do not exceed. */
  private static Duration talk(Socket writer, Socket reader, long conversation) {
    int before = reader.messages(conversation).size();
    List<Long> nanos = new ArrayList<>();
    for (int n = 1; n <= MESSAGES; n++) {
      int stored = before + n;
      long sent = System.nanoTime();
      writer.say(conversation, "text " + stored, "m" + stored);
      await()
          .atMost(SOON)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> reader.all("new_message").size() >= stored);
      nanos.add(System.nanoTime() - sent);
    }
    Collections.sort(nanos);
    return Duration.ofNanos(nanos.get(nanos.size() * 9 / 10));
  }

  /** Each opens a conversation and reads its list. */
  private static List<Waiting> waiting(Api api) throws Exception {
    return Many.of(
        VISITORS,
        n -> {
          Api visitor = api.as("waiting-" + n, "demo", "visitor");
          long conversation = visitor.open();
          return new Waiting(visitor, conversation, visitor.get("api/sessions").header("ETag"));
        });
  }

  /** Each asks for its list again, once that has changed; returns when all are held. */
  private static List<CompletableFuture<Answer>> hold(Api api, List<Waiting> waiting) {
    List<CompletableFuture<Answer>> held = new ArrayList<>();
    for (Waiting one : waiting) {
      held.add(
          one.api()
              .sendLater(
                  one.api()
                      .request("api/sessions?wait=25")
                      .header("If-None-Match", one.etag())
                      .GET()));
    }
    Api agent = api.agent();
    await()
        .atMost(SOON)
        .until(
            () -> agent.get("api/stats/websocket").body().get("held_polls").asInt(),
            count -> count >= VISITORS);
    return held;
  }
}
