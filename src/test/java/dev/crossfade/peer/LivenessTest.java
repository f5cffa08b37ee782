package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** When a peer is taken for silent, and when it is pinged; times are the test's. */
class LivenessTest {

  private static final long START = -5_000_000_000L;

  private final Liveness liveness = new Liveness(START, new Random(7));

  @Test
  void a_peer_that_was_never_pinged_is_not_silent_however_long_it_says_nothing() {
    assertThat(liveness.silent(after(600))).isFalse();
  }

  @Test
  void a_peer_that_owes_the_answer_to_a_ping_is_silent_after_a_minute() {
    liveness.pinged(after(45));
    assertThat(liveness.silent(after(59))).isFalse();
    assertThat(liveness.silent(after(61))).isTrue();
  }

  @Test
  void a_ping_that_has_only_just_been_written_has_its_time() {
    liveness.pinged(after(65));
    assertThat(liveness.silent(after(70))).isFalse();
    assertThat(liveness.silent(after(76))).isTrue();
  }

  @Test
  void a_peer_that_answered_or_said_anything_is_not_silent() {
    liveness.pinged(after(45));
    liveness.heard(after(46));
    assertThat(liveness.silent(after(500))).isFalse();
  }

  @Test
  void a_heartbeat_is_due_once_each_time_and_never_after_more_than_its_gap() {
    long now = START;
    int heartbeats = 0;
    for (int second = 0; second < 250; second++) {
      now += Duration.ofSeconds(1).toNanos();
      heartbeats += liveness.heartbeatDue(now) ? 1 : 0;
      assertThat(liveness.heartbeatDue(now)).isFalse();
    }
    assertThat(heartbeats).isBetween(9, 12);
  }

  private static long after(long seconds) {
    return START + Duration.ofSeconds(seconds).toNanos();
  }
}
