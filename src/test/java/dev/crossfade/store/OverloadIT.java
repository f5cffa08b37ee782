package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Overload;
import dev.crossfade.support.Overload.Sent;
import dev.crossfade.support.PostgreSql;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Collection;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three times as much as the store can write. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class OverloadIT {

  /** So the store is what is slow, not the machine that also runs the load: 5 ms a message. */
  static final String SLOW =
      "create function slow() returns trigger language plpgsql as"
          + " 'begin perform pg_sleep(0.005); return new; end';"
          + "create trigger slow before insert on message for each row execute function slow()";

  @TempDir Path home;

  @Test
  void the_excess_is_refused_with_a_time_and_what_was_acknowledged_is_kept() throws Exception {
    String store = PostgreSql.create("overload");
    try (CrossfadeServer server = new CrossfadeServer(home).onPostgres(store).start()) {
      try (Connection connection = PostgreSql.connect(store)) {
        connection.createStatement().execute(SLOW);
      }
      try (Overload load = new Overload(server.api())) {
        double rate = load.sustainable(Duration.ofSeconds(2));
        Collection<Sent> sends = load.at(3 * rate, Duration.ofSeconds(4));

        assertThat(sends).allMatch(sent -> sent.status() == 201 || sent.refused());
        assertThat(sends).anyMatch(sent -> sent.status() == 201);
        assertThat(sends.stream().filter(Sent::refused))
            .isNotEmpty()
            .allMatch(sent -> Integer.parseInt(sent.retryAfter()) >= 1);
        // The load is over, so what comes now is taken again.
        assertThat(load.at(rate / 4, Duration.ofSeconds(1))).allMatch(s -> s.status() == 201);
        assertThat(load.storedTimes().values()).containsOnly(1);
      }
    }
  }
}
