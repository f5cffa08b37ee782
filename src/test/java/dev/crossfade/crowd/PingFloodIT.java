package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tomcat answers a ping itself, on the thread that read it, and waits where the peer takes nothing.
 */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class PingFloodIT {

  /** Twice as many as the threads that Tomcat has here. */
  private static final int SOCKETS = 100;

  /** Without identity a socket has 5 s; the rest is for a busy machine. */
  private static final Duration CLOSED_WITHIN = Duration.ofSeconds(12);

  /** Milliseconds where nobody floods; one answer of Tomcat's to a ping waited for 5 s once. */
  private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(4);

  @TempDir Path home;

  @Test
  void a_hundred_sockets_that_ping_and_never_read_hold_up_nobody() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).smallSendBuffers().start()) {
      Api api = server.api();
      assertThat(longestAnswer(api, new AtomicBoolean(true))).isLessThan(ANSWERED_WITHIN);
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Duration> asking =
          CompletableFuture.supplyAsync(() -> longestAnswer(api, over));
      long begin = System.nanoTime();
      try (PingFlood flood = PingFlood.start(server.port(), SOCKETS)) {
        await().atMost(Duration.ofMinutes(1)).until(flood::open, open -> open == 0);
      } finally {
        over.set(true);
      }
      Duration closed = Duration.ofNanos(System.nanoTime() - begin);
      Duration longest = asking.join();
      assertThat(longest).as("longest answer meanwhile").isLessThan(ANSWERED_WITHIN);
      assertThat(closed).as("until the last socket was closed").isLessThan(CLOSED_WITHIN);
    }
  }

  /** Asks one question after the other, once at least. */
  private static Duration longestAnswer(Api api, AtomicBoolean over) {
    Duration longest = Duration.ZERO;
    do {
      long asked = System.nanoTime();
      assertThat(api.get("api/transport?shop_id=demo&client_id=asks").status()).isEqualTo(200);
      Duration took = Duration.ofNanos(System.nanoTime() - asked);
      longest = took.compareTo(longest) > 0 ? took : longest;
    } while (!over.get());
    return longest;
  }
}
