package dev.crossfade.store;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;
import dev.crossfade.support.Overload;

import dev.crossfade.support.Overload.Sent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What three times the sustainable rate does: what is still acknowledged, how soon the rest is
 * refused, and what is left of it ten seconds later. Every figure is beside one of the same run.
 */
@Tag("long")
class OverloadBench {

  private static final int ROUNDS = 3;
  private static final Duration LENGTH = Duration.ofSeconds(20);
  private static final Duration REST = Duration.ofSeconds(10);

  @TempDir Path home;

  @Test
  void three_times_the_sustainable_rate() throws Exception {
    String store = PostgreSql.create("overload_bench");
    try (CrossfadeServer server =
        new CrossfadeServer(home)
            .onPostgres(store)
            .start()) {
      try (Connection connection = DriverManager.getConnection(store, "postgres", "postgres")) {
        connection.createStatement().execute(OverloadIT.SLOW);
      }
      try (Overload load = new Overload(server.api())) {
        load.sustainable(LENGTH);
        for (int round = 1; round <= ROUNDS; round++) {
          double rate = load.sustainable(LENGTH);
          Collection<Sent> before = load.at(rate / 4, LENGTH);
          Collection<Sent> during = load.at(3 * rate, LENGTH);
          load.at(1, REST);
          Collection<Sent> after = load.at(rate / 4, LENGTH);
          print(round, rate, before, during, after);
        }
        boolean once = load.storedTimes().values().stream().allMatch(times -> times == 1);
        System.out.println("overload: every acknowledged send is stored once: " + once);
      }
    }
  }

  private static void print(
      int round,
      double rate,
      Collection<Sent> before,
      Collection<Sent> during,
      Collection<Sent> after) {
    List<Sent> acked = during.stream().filter(sent -> sent.status() == 201).toList();
    List<Sent> refused = during.stream().filter(Sent::refused).toList();
    System.out.printf(
        Locale.ROOT,
        "overload %d: sustainable %.0f/s, offered %.0f/s, acknowledged %.0f/s (%.2f of it);"
            + " others %d; refused %d, p50 %.0f ms, p99 %.0f ms, longest %.0f ms;"
            + " acknowledged p99 %.0f ms; at a quarter, p99 before %.1f ms, 10 s after %.1f ms (%.2f)%n",
        round,
        rate,
        during.size() / (double) LENGTH.toSeconds(),
        acked.size() / (double) LENGTH.toSeconds(),
        acked.size() / (double) LENGTH.toSeconds() / rate,
        Stream.of(before, during, after)
            .flatMap(Collection::stream)
            .filter(sent -> sent.status() != 201 && !sent.refused())
            .count(),
        refused.size(),
        Overload.percentile(refused, 50),
        Overload.percentile(refused, 99),
        Overload.percentile(refused, 100),
        Overload.percentile(acked, 99),
        Overload.percentile(before, 99),
        Overload.percentile(after, 99),
        Overload.percentile(after, 99) / Overload.percentile(before, 99));
  }
}
