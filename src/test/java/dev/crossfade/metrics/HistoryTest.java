package dev.crossfade.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.metrics.History.Sample;
import dev.crossfade.metrics.Meters.Delays;
import dev.crossfade.model.Transport;
import dev.crossfade.support.HandClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HistoryTest {

  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  private final Meters meters = new Meters();
  private final AtomicInteger sockets = new AtomicInteger();
  private final HandClock clock = new HandClock(START);
  private final History history = new History(meters, sockets::get, () -> 7, clock);

  @AfterEach
  void close() {
    meters.close();
  }

  @Test
  void a_sample_says_who_was_there_how_long_messages_took_and_who_fell_back() {
    for (int i = 1; i <= 100; i++) {
      meters.waited(Transport.WEBSOCKET, Duration.ofMillis(i));
    }
    meters.waited(Transport.POLLING, null);
    meters.reported("fallback", "silent");
    meters.reported("fallback", "silent");
    meters.reported("fallback", "what a stranger wrote");
    meters.reported("proven", "silent");
    sockets.set(3);
    history.tick();
    Sample sample = history.after(Instant.EPOCH).get(0);
    assertThat(sample.at()).isEqualTo(START);
    assertThat(sample.sockets()).isEqualTo(3);
    assertThat(sample.polls()).isEqualTo(7);
    assertThat(sample.websocket().p50Millis()).isBetween(45.0, 55.0);
    assertThat(sample.websocket().p99Millis()).isBetween(95.0, 105.0);
    assertThat(sample.polling()).as("not awaited").isEqualTo(new Delays(null, null));
    assertThat(sample.fallbacks()).isEqualTo(Map.of("silent", 2L, "other", 1L));
  }

  @Test
  void twelve_hours_are_kept_and_only_what_is_new_is_told() {
    int ticks = History.KEPT + 10;
    for (int i = 0; i < ticks; i++) {
      sockets.set(i);
      history.tick();
      clock.forward(History.EVERY);
    }
    List<Sample> all = history.after(Instant.EPOCH);
    assertThat(all).hasSize(History.KEPT);
    assertThat(all.get(0).sockets()).isEqualTo(10);
    assertThat(Duration.between(all.get(0).at(), clock.instant())).isEqualTo(Duration.ofHours(12));
    assertThat(history.after(all.get(all.size() - 2).at()))
        .extracting(Sample::sockets)
        .containsExactly(ticks - 1);
  }
}
