package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL does not answer for a while. */
class PausedStoreIT {

  @TempDir Path home;

  /**
   * The chaos rig saw it while PostgreSQL was stopped: a poll's time was over before the store had
   * answered its first look, and it said "nothing new, the head is your cursor" to a reader who was
   * two messages behind.
   */
  @Test
  void a_poll_that_the_store_has_not_answered_does_not_say_that_there_is_nothing()
      throws Exception {
    String store = PostgreSql.create("paused");
    try (CrossfadeServer server = new CrossfadeServer(home).onPostgres(store).start();
        Connection connection = PostgreSql.connect(store)) {
      Api visitor = server.api().visitor();
      long conversation = visitor.open();
      visitor.say(conversation, "hello", "h1");
      connection.setAutoCommit(false);
      // PostgreSQL itself ends the lock, later than the poll's time.
      connection.createStatement().execute("set idle_in_transaction_session_timeout = 1500");
      connection.createStatement().execute("lock table conversation in access exclusive mode");

      Answer tooLate = visitor.poll(conversation, 0, 1);

      assertThat(tooLate.status()).isEqualTo(503);
      assertThat(tooLate.body().get("code").asText()).isEqualTo("unavailable");
      assertThat(tooLate.header("Retry-After")).isEqualTo("1");
      assertThat(visitor.poll(conversation, 0, 1).body().get("messages")).hasSize(1);
    }
  }
}
