package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How fast clients move and leave. */
class PaceTest {

  @Test
  void few_move_within_ten_seconds_and_many_at_fifty_a_second() {
    assertThat(Pace.move(1, false)).isEqualTo(Duration.ofSeconds(10));
    assertThat(Pace.move(500, false)).isEqualTo(Duration.ofSeconds(10));
    assertThat(Pace.move(5_000, false)).isEqualTo(Duration.ofSeconds(100));
  }

  @Test
  void a_bound_overrides_the_pace() {
    assertThat(Pace.move(1_000_000, false)).isEqualTo(Pace.STEP_BACK_WITHIN);
    assertThat(Pace.move(1_000_000, true)).isEqualTo(Pace.TO_ZERO_WITHIN);
    assertThat(Pace.drain(1_000_000)).isEqualTo(Pace.DRAINED_WITHIN);
    assertThat(Pace.stop(1_000_000)).isEqualTo(Pace.STOPPED_WITHIN);
  }

  /** A silent peer is found after two pings and the time for an answer, not before. */
  @Test
  void the_times_of_a_heartbeat_fit_each_other() {
    assertThat(Pace.PING_EVERY.multipliedBy(2).plus(Pace.ANSWER_WITHIN))
        .isLessThanOrEqualTo(Pace.SILENT_FOR);
    assertThat(Pace.LOOK_EVERY).isLessThan(Pace.STALL);
  }
}
