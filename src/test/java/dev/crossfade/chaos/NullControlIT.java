package dev.crossfade.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.chaos.ChaosRun.Plan;
import dev.crossfade.chaos.ChatClient.Kind;
import dev.crossfade.chaos.Deployment.Store;
import dev.crossfade.chaos.Verdict.Oracle;
import dev.crossfade.run.RealTomcat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A rig that finds nothing proves nothing: real bugs in the real server, each of which it finds.
 */
@Tag("long")
@Execution(ExecutionMode.CONCURRENT)
class NullControlIT {

  private static final long SEED = 1;
  private static final String NO_FAULT = "none";
  private static final Duration LITTLE = Duration.ofSeconds(8);

  /** A restart takes 5 s, three times as long beside two others. */
  private static final Duration SOME_KILLS = Duration.ofSeconds(30);

  @ParameterizedTest(name = "{0}")
  @MethodSource("bugs")
  void the_rig_finds_it(String name, List<Mutant> mutants, Plan plan, Set<Oracle> expected)
      throws Exception {
    Path folder = ChaosIT.fresh(Path.of("target", "chaos", "control-" + name));
    Path war = Mutant.war(folder.resolve("war"), mutants.toArray(Mutant[]::new));
    try (Deployment deployment =
        new Deployment(
            RealTomcat.TOMCAT_10,
            Store.H2,
            war,
            folder.resolve("node"),
            new Random(SEED),
            "-Dcrossfade.h2_checkpoint=" + !mutants.contains(Mutant.H2_DEFAULT_URL))) {
      Verdict verdict = new ChaosRun(plan, deployment, Map.of("bug", name), folder).run();
      assertThat(expected).as(verdict.toString()).anyMatch(oracle -> verdict.count(oracle) > 0);
    }
  }

  static Stream<Arguments> bugs() {
    return Stream.of(
        bug(
            List.of(Mutant.H2_DEFAULT_URL, Mutant.H2_UNCHECKED),
            // A kill right after H2 has written loses nothing, so one kill was not always enough.
            Plan.control(SEED, SOME_KILLS, 12, Workload.VISITORS, 4, "kill -9"),
            Oracle.LOST),
        bug(
            List.of(Mutant.ACK_BEFORE_COMMIT),
            Plan.control(SEED, Duration.ZERO, 12, Workload.VISITORS, 4, "kill -9"),
            Oracle.LOST,
            Oracle.STALE),
        bug(
            List.of(Mutant.SEQ_FROM_SEQUENCE),
            Plan.control(SEED, LITTLE, 12, Workload.VISITORS, 4, NO_FAULT),
            Oracle.GAP,
            Oracle.LATE),
        bug(
            List.of(Mutant.LOST_WAKE_UP, Mutant.NO_SWEEP),
            Plan.control(SEED, Duration.ofSeconds(45), 24, List.of(Kind.LONG_POLL), 0.25, NO_FAULT),
            Oracle.LATE),
        bug(
            List.of(Mutant.RESUME_OFF_BY_ONE),
            Plan.control(SEED, LITTLE, 12, Workload.VISITORS, 4, NO_FAULT),
            Oracle.GAP),
        bug(
            List.of(Mutant.NO_TENANT_FILTER),
            Plan.control(SEED, LITTLE, 12, Workload.VISITORS, 4, NO_FAULT),
            Oracle.TENANT),
        bug(
            List.of(Mutant.EXPIRY_UNCHECKED),
            Plan.control(
                SEED, Duration.ofSeconds(40), 30, List.of(Kind.SHORT_LIVED), 0.1, NO_FAULT),
            Oracle.IDENTITY));
  }

  private static Arguments bug(List<Mutant> mutants, Plan plan, Oracle... expected) {
    return Arguments.of(mutants.get(0).name(), mutants, plan, Set.of(expected));
  }
}
