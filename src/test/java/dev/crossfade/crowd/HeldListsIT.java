package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;
import dev.crossfade.support.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every page of a shop waits for news of its own visitor; one conversation there is busy. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class HeldListsIT {

  private static final int VISITORS = 1_000;
  private static final int MESSAGES = 500;
  private static final Duration SOON = Duration.ofSeconds(10);

  /**
   * How many more transactions there may be for the same messages, and how many more anyhow: what
   * recurs goes on meanwhile, and PostgreSQL counts some late. To read a thousand lists once is a
   * thousand, and 500 messages made that happen 6 times at least.
   */
  private static final int TIMES = 2;

  private static final int GRANTED = 2_000;

  private static final String COUNTED =
      "select xact_commit + xact_rollback from pg_stat_database"
          + " where datname = current_database()";

  /** A visitor with an open conversation, and the list that it knows. */
  private record Waiting(Api api, long conversation, String etag) {}

  @TempDir Path home;

  @Test
  void lists_that_are_held_cost_nothing_where_another_visitor_talks() throws Exception {
    String url = PostgreSql.create("held_lists");
    try (CrossfadeServer server = new CrossfadeServer(home).onPostgres(url).start();
        Connection database = PostgreSql.connect(url)) {
      Api talking = server.api().as("talking", "demo", "visitor");
      long conversation = talking.open();
      try (Socket visitor = Socket.as(talking, null).join(conversation, 0L);
          Socket agent = Socket.as(server.api().agent(), null).join(conversation, 0L)) {
        talk(visitor, agent, database);
        long alone = talk(visitor, agent, database);
        List<Waiting> waiting = waiting(server.api());
        List<CompletableFuture<Answer>> held = hold(server.api(), waiting);
        long with = talk(visitor, agent, database);
        assertThat(with)
            .as("transactions for %d messages; without the lists %d", MESSAGES, alone)
            .isLessThan(TIMES * alone + GRANTED);
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

  /** They write in turns, each when the last message has come; answers the transactions for it. */
  private static long talk(Socket visitor, Socket agent, Connection database) throws Exception {
    long conversation = visitor.expect("joined_session").get("session_id").asLong();
    long transactionsBefore = transactions(database);
    for (int n = 0; n < MESSAGES; n++) {
      Socket writer = n % 2 == 0 ? visitor : agent;
      Socket reader = n % 2 == 0 ? agent : visitor;
      int come = reader.all("new_message").size();
      writer.say(conversation, "text", null);
      await()
          .atMost(SOON)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> reader.all("new_message").size() > come);
    }
    return transactions(database) - transactionsBefore;
  }

  /** As PostgreSQL counts them; those of the last second may be missing. */
  private static long transactions(Connection database) throws SQLException {
    try (var statement = database.createStatement();
        ResultSet row = statement.executeQuery(COUNTED)) {
      row.next();
      return row.getLong(1);
    }
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
