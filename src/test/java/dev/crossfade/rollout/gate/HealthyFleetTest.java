package dev.crossfade.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.gate.SimulatedFleet.Weather;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How often the gate is wrong, and how many clients fail until it is right. {@code GateBench} does
 * the same a thousand times and prints the tables of {@code src/bench/README.md}.
 */
class HealthyFleetTest {

  private static final int RUNS = 2;
  private static final Duration AFTERWARDS = Duration.ofHours(3);

  @ParameterizedTest
  @EnumSource
  void a_healthy_fleet_is_never_taken_back(Weather weather) {
    for (int seed = 1; seed <= RUNS; seed++) {
      SimulatedFleet fleet = new SimulatedFleet(weather, 200, seed);
      boolean back = fleet.takenBack(AFTERWARDS);
      assertThat(back).as(fleet.why()).isFalse();
      if (weather != Weather.ONE_SHOP) {
        // Two liars in an arm of 15 hold a stage as two broken clients do.
        assertThat(fleet.completed()).as(fleet.why()).isTrue();
      }
      Set<String> excluded = fleet.excluded();
      assertThat(excluded).isSubsetOf(weather == Weather.ONE_SHOP ? Set.of("carl") : Set.of());
    }
  }

  @Test
  void a_small_fleet_is_never_taken_back() {
    for (int seed = 1; seed <= RUNS; seed++) {
      SimulatedFleet fleet = new SimulatedFleet(Weather.STEADY, 40, seed);
      assertThat(fleet.takenBack(AFTERWARDS)).as("" + seed).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 24})
  void where_a_fifth_fails_at_most_30_have_failed_when_it_is_taken_back(int hours) {
    for (int seed = 1; seed <= 2; seed++) {
      SimulatedFleet fleet = new SimulatedFleet(Weather.STEADY, 500, seed);
      assertThat(fleet.takenBack(Duration.ofHours(hours))).isFalse();
      int failed = fleet.failingUntilTakenBack(0.2);
      assertThat(failed).as(hours + " h, " + fleet.why()).isBetween(3, 30);
    }
  }

  @Test
  void where_all_fail_after_a_long_healthy_time_it_is_taken_back_as_fast() {
    SimulatedFleet fleet = new SimulatedFleet(Weather.STEADY, 200, 1);
    assertThat(fleet.takenBack(Duration.ofHours(48))).isFalse();
    assertThat(fleet.failingUntilTakenBack(1)).isBetween(3, 30);
  }
}
