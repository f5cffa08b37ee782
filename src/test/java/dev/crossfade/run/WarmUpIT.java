package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.catalina.Context;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that serves itself before it is ready. */
@Tag("alone")
class WarmUpIT {

  private static final String SECONDS = "3";

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.crossfade.run.RealTomcat#both")
  void it_is_ready_when_it_has_served_itself_and_nothing_of_it_stays(Path tomcat) throws Exception {
    try (RealTomcat server = new RealTomcat(tomcat, folder)) {
      server.start("-Dcrossfade.warm_up_seconds=" + SECONDS);
      assertThat(server.output())
          .containsPattern("warm-up: [1-9]\\d{2,} requests answered")
          .doesNotContain("SEVERE")
          .doesNotContain("WARNING");
      Api visitor = new Api(server.url()).visitor();
      assertThat(visitor.open()).as("the first conversation of this store").isEqualTo(1);
      assertThat(visitor.get("warm-up/transport").status()).isEqualTo(404);
      assertThat(server.metrics())
          .contains("crossfade_messages_accepted_total{transport=\"polling\"} 0.0")
          .contains("crossfade_sockets_open 0.0");
      assertThat(server.base().resolve("work/Catalina/localhost/crossfade/warm-up")).doesNotExist();
      assertThat(server.stop(Duration.ofSeconds(30))).isTrue();
      assertThat(server.accessLog())
          .anyMatch(line -> line.contains("/api/visitors"))
          .noneMatch(line -> line.contains("/warm-up/messages"));
    }
  }

  @Test
  void it_serves_visitors_meanwhile_and_answers_nobody_without_the_key() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(folder)) {
      AtomicReference<Context> context = new AtomicReference<>();
      server.with("warm_up_seconds", "300").configured(context::set).start();
      ClassLoader own = context.get().getLoader().getClassLoader();
      Api api = server.api();
      assertThat(api.get("health/ready").status()).isEqualTo(503);
      assertThat(api.visitor().open()).isPositive();
      await().until(() -> threads(own, "crossfade-warm-up-0"), found -> found == 1);
      assertThat(threads(own, "crossfade-journal")).as("the node's and the other's").isEqualTo(2);
      assertThat(api.get("warm-up/transport?client_id=c").status()).isEqualTo(404);
      assertThat(
              api.send(
                      api.request("warm-up/transport?client_id=c")
                          .header("X-Crossfade-Warm-Up", "guessed"))
                  .status())
          .isEqualTo(404);
      server.stop();
      await("no threads, after an undeploy").until(() -> threads(own, "crossfade-") == 0);
    }
  }

  /** Of one application: others may run in this JVM. */
  private static long threads(ClassLoader own, String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getContextClassLoader() == own)
        .filter(thread -> thread.getName().startsWith(name))
        .count();
  }
}
