package dev.crossfade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of sockets end at once; who talks over HTTP meanwhile does not notice. */
class MassCloseIT {

  private static final int SOCKETS = 5_000;

  /** Both ends of every socket are in this process. */
  private static final long FILES = 2L * SOCKETS + 1_000;

  @TempDir Path home;

  @Test
  void requests_go_on_while_thousands_of_sockets_are_cut_killed_and_drained() throws Exception {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    assumeThat(system.getMaxFileDescriptorCount()).isGreaterThan(FILES);
    try (CrossfadeServer server =
        new CrossfadeServer(home).with("drain_grace_seconds", "0").start()) {
      Api api = server.api();
      Api agent = api.agent();

      try (ManySockets cut = ManySockets.open(server.port(), SOCKETS)) {
        whileTalking(
            "cut",
            api,
            () -> {
              cut.close();
              return gone(agent);
            });
      }
      try (ManySockets drained = ManySockets.open(server.port(), SOCKETS)) {
        whileTalking(
            "drain",
            api,
            () -> {
              api.admin().post("api/node/drain", "{\"reason\":\"test\"}");
              return gone(agent);
            });
        await().atMost(Duration.ofSeconds(30)).until(() -> drained.closed() == SOCKETS);
        assertThat(drained.codes()).containsOnly(1012);
      }
    }
  }

  private static Void gone(Api agent) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> agent.get("api/node").body().get("sockets").asInt() == 0);
    return null;
  }

  /**
   * Sends and polls as fast as the answers come, while something else happens; prints how long they
   * took, and fails where one is refused.
   */
  private static void whileTalking(String what, Api api, Callable<Void> happens) throws Exception {
    Api visitor = api.visitor();
    long conversation = visitor.open();
    visitor.say(conversation, "warm", what + "-warm");
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<List<Long>> talk =
        CompletableFuture.supplyAsync(() -> talk(visitor, conversation, what, over));
    long before = System.nanoTime();
    try {
      happens.call();
    } finally {
      over.set(true);
    }
    long took = System.nanoTime() - before;
    List<Long> sorted = new ArrayList<>(talk.join());
    Collections.sort(sorted);
    Duration p99 = Duration.ofNanos(sorted.get((sorted.size() - 1) * 99 / 100));
    System.out.printf(
        "%s: %d sockets gone in %d ms; %d requests, p50 %d ms, p99 %d ms, max %d ms%n",
        what,
        SOCKETS,
        took / 1_000_000,
        sorted.size(),
        sorted.get(sorted.size() / 2) / 1_000_000,
        p99.toMillis(),
        sorted.get(sorted.size() - 1) / 1_000_000);
  }

  /** Nanoseconds of each request; fails where one is refused. */
  private static List<Long> talk(Api visitor, long conversation, String what, AtomicBoolean over) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; !over.get(); i++) {
      long start = System.nanoTime();
      long seq = visitor.say(conversation, "text", what + "-" + i).get("seq").asLong();
      long said = System.nanoTime();
      Api.Answer page = visitor.poll(conversation, seq - 1, 0);
      times.add(said - start);
      times.add(System.nanoTime() - said);
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.body().get("messages")).hasSize(1);
    }
    return times;
  }
}
