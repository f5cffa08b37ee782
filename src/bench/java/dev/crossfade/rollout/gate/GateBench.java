package dev.crossfade.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.rollout.gate.SimulatedFleet.Weather;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How often the gate takes a healthy plan back, and how many clients fail until it takes a failing
 * one back: the tables of {@code src/bench/README.md}. {@code -Druns=} plans of each kind.
 */
@Tag("long")
class GateBench {

  private static final int RUNS = Integer.getInteger("runs", 1_000);
  private static final Duration AFTERWARDS = Duration.ofHours(6);

  @Test
  void healthy_plans() {
    for (Weather weather : Weather.values()) {
      for (int clients : new int[] {40, 200}) {
        int[] outcomes =
            IntStream.rangeClosed(1, RUNS)
                .parallel()
                .map(seed -> outcome(new SimulatedFleet(weather, clients, seed)))
                .toArray();
        long back = count(outcomes, 2);
        System.out.printf(
            Locale.ROOT,
            "gate: %-8s %3d clients: %d of %d plans taken back, %d with a shop excluded%n",
            weather,
            clients,
            back,
            RUNS,
            count(outcomes, 1));
        assertThat(back).isLessThan(Math.max(1, RUNS / 100));
      }
    }
  }

  private static int outcome(SimulatedFleet fleet) {
    if (fleet.takenBack(AFTERWARDS)) {
      return 2;
    }
    return fleet.excluded().isEmpty() ? 0 : 1;
  }

  private static long count(int[] outcomes, int which) {
    return IntStream.of(outcomes).filter(outcome -> outcome == which).count();
  }

  @Test
  void failing_fleets() {
    for (double share : new double[] {0.1, 0.2, 0.5, 1}) {
      for (int hours : new int[] {0, 6, 24, 7 * 24}) {
        int[] failed =
            IntStream.rangeClosed(1, Math.max(5, RUNS / 50))
                .parallel()
                .map(seed -> failedUntilTakenBack(share, hours, seed))
                .sorted()
                .toArray();
        System.out.printf(
            Locale.ROOT,
            "gate: %3.0f %% of 500 clients fail after %3d h at 100 %%: taken back after %d to %d"
                + " failing clients, half after %d%n",
            100 * share,
            hours,
            failed[0],
            failed[failed.length - 1],
            failed[failed.length / 2]);
        assertThat(failed[0]).as("no false alarm").isPositive();
        if (share == 0.2) {
          assertThat(failed[failed.length - 1]).isLessThanOrEqualTo(30);
        }
      }
    }
  }

  private static int failedUntilTakenBack(double share, int hours, int seed) {
    SimulatedFleet fleet = new SimulatedFleet(Weather.STEADY, 500, seed);
    return fleet.takenBack(Duration.ofHours(hours)) ? 0 : fleet.failingUntilTakenBack(share);
  }
}
