package dev.crossfade.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.chaos.Deployment.Store;
import dev.crossfade.run.RealTomcat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that can break, breaks, while clients of all kinds talk. Short here: each fault once
 * for a few seconds. {@code mvn -Pchaos verify -Dminutes=30} goes on for as long as it is told.
 */
@Tag("long")
class ChaosIT {

  private static final int MINUTES = Integer.getInteger("chaos.minutes", 0);
  private static final long SEED = Long.getLong("chaos.seed", 20261121);
  private static final String ONLY = System.getProperty("chaos.only", ".*");

  /** Tomcat and store, such as {@code 10-h2}. */
  static Stream<Arguments> deployments() {
    return Stream.of(System.getProperty("chaos.on", "10-h2,11-postgresql").split(","))
        .map(one -> one.split("-"))
        .map(
            one ->
                Arguments.of(
                    Integer.valueOf(one[0]), Store.valueOf(one[1].toUpperCase(Locale.ROOT))));
  }

  @ParameterizedTest
  @MethodSource("deployments")
  void nothing_is_lost_doubled_or_reordered(int tomcat, Store store) throws Exception {
    run(tomcat, store);
  }

  private void run(int tomcat, Store store) throws Exception {
    String name = "tomcat" + tomcat + "-" + store.name().toLowerCase(Locale.ROOT);
    Path folder = fresh(Path.of("target", "chaos", name));
    Path war = Mutant.war(folder.resolve("war"), Mutant.MOVABLE_CLOCK);
    Path zip = tomcat == 10 ? RealTomcat.TOMCAT_10 : RealTomcat.TOMCAT_11;
    ChaosRun.Plan plan =
        MINUTES == 0
            ? ChaosRun.Plan.brief(SEED, ONLY)
            : ChaosRun.Plan.lasting(SEED, Duration.ofMinutes(MINUTES), ONLY);
    Map<String, String> settings = new TreeMap<>();
    settings.put("run", name);
    settings.put("seed", Long.toString(SEED));
    settings.put("minutes", Integer.toString(MINUTES));
    try (Deployment deployment =
        new Deployment(zip, store, war, folder.resolve("node"), new Random(SEED))) {
      Verdict verdict = new ChaosRun(plan, deployment, settings, folder).run();
      System.out.println(Report.table(verdict, settings));
      assertThat(verdict.word()).as(verdict.toString()).isEqualTo("PASSED");
    }
  }

  /** What is left of the run before goes; what this one leaves is there to look at. */
  static Path fresh(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> old = Files.walk(folder)) {
        old.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
      }
    }
    return Files.createDirectories(folder);
  }
}
