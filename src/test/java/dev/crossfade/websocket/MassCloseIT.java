package dev.crossfade.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.ManySockets;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of sockets end at once; who talks over HTTP meanwhile does not notice. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class MassCloseIT {

  private static final int SOCKETS = 5_000;

  /** Both ends of every socket are in this process. */
  private static final long FILES = 2L * SOCKETS + 1_000;

  @TempDir Path home;

  @Test
  void requests_go_on_while_thousands_of_sockets_are_cut_and_drained() throws Exception {
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
   * Sends and polls as fast as the answers come, while something else happens; fails where one is
   * refused.
   */
  private static void whileTalking(String what, Api api, Callable<Void> happens) throws Exception {
    Api visitor = api.visitor();
    long conversation = visitor.open();
    visitor.say(conversation, "warm", what + "-warm");
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Integer> talk =
        CompletableFuture.supplyAsync(() -> talk(visitor, conversation, what, over));
    try {
      happens.call();
    } finally {
      over.set(true);
    }
    assertThat(talk.join()).as("rounds of talk meanwhile").isPositive();
  }

  /** How many rounds; fails where one request is refused. */
  private static int talk(Api visitor, long conversation, String what, AtomicBoolean over) {
    int rounds = 0;
    for (; !over.get(); rounds++) {
      long seq = visitor.say(conversation, "text", what + "-" + rounds).get("seq").asLong();
      Api.Answer page = visitor.poll(conversation, seq - 1, 0);
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.body().get("messages")).hasSize(1);
    }
    return rounds;
  }
}
