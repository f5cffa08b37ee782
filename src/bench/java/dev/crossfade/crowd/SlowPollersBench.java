package dev.crossfade.crowd;

import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The latency from send to delivery, over a socket and over held polls, while sixteen pollers take
 * their answers a few bytes at a time; and the same without them, in turns. A delivery that does
 * not come counts with the time that it was waited for.
 */
@Tag("long")
class SlowPollersBench {

  private static final int POLLERS = 16;
  private static final int ROUNDS = 5;
  private static final int DELIVERIES = 500;
  private static final long MILLIS_BETWEEN_SENDS = 5;
  private static final long GIVEN_UP_SECONDS = 10;

  /** One that hangs says enough; the rest of the round is not waited for. */
  private static final int HANGING = 3;

  @TempDir Path home;

  @Test
  void those_who_read_with_and_without_those_who_trickle() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).smallSendBuffers().start()) {
      Pair onSockets = Pair.onSockets(server.api());
      Pair onPolls = Pair.onPolls(server.api());
      onSockets.p99();
      onPolls.p99();
      List<Double> sockets = new ArrayList<>();
      List<Double> polls = new ArrayList<>();
      for (int round = 1; round <= ROUNDS; round++) {
        double socketsWithout = onSockets.p99();
        double pollsWithout = onPolls.p99();
        double socketsWith;
        double pollsWith;
        try (Trickle trickle = Trickle.start(server.api(), server.port(), POLLERS)) {
          await().atMost(Duration.ofSeconds(10)).until(() -> trickle.begun() >= POLLERS / 2);
          socketsWith = onSockets.p99();
          pollsWith = onPolls.p99();
        }
        sockets.add(print(round, "sockets", socketsWithout, socketsWith));
        polls.add(print(round, "held polls", pollsWithout, pollsWith));
      }
      System.out.printf(
          Locale.ROOT,
          "slow pollers: median of the ratios %.2f over sockets, %.2f over held polls%n",
          median(sockets),
          median(polls));
    }
  }

  private static double print(int round, String what, double without, double with) {
    double ratio = with / without;
    System.out.printf(
        Locale.ROOT,
        "slow pollers %d: %s p99 without %.2f ms, with %.2f ms (%.2f)%n",
        round,
        what,
        without,
        with,
        ratio);
    return ratio;
  }

  private static double median(List<Double> ratios) {
    Collections.sort(ratios);
    return ratios.get(ratios.size() / 2);
  }

  /** How one message goes from one to the other. */
  private interface Way {
    /** Completes when the message with this number, which is sent now, has come. */
    CompletableFuture<?> deliver(int number);
  }

  private static final class Pair {
    private final Way way;
    private int sent;

    private Pair(Way way) {
      this.way = way;
    }

    static Pair onSockets(Api api) {
      Api visitor = api.visitor();
      long conversation = visitor.open();
      Socket writer = Socket.as(visitor, null);
      Arrivals arrivals = Arrivals.open(api, conversation);
      return new Pair(
          number -> {
            CompletableFuture<?> arrived = arrivals.of(number);
            writer.say(conversation, "text", "m" + number);
            return arrived;
          });
    }

    static Pair onPolls(Api api) {
      Api visitor = api.visitor();
      long conversation = visitor.open();
      Socket writer = Socket.as(api.agent(), null);
      return new Pair(
          number -> {
            var held =
                visitor.getLater(
                    "api/messages?session_id=%d&after=%d&wait=25"
                        .formatted(conversation, number - 1));
            writer.say(conversation, "text", "m" + number);
            return held;
          });
    }

    /** In milliseconds. */
    double p99() throws InterruptedException {
      List<Long> nanos = new ArrayList<>();
      int hanging = 0;
      for (int n = 0; n < DELIVERIES && hanging < HANGING; n++) {
        long start = System.nanoTime();
        sent++;
        try {
          way.deliver(sent).get(GIVEN_UP_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException never) {
          hanging++;
        }
        nanos.add(System.nanoTime() - start);
        TimeUnit.MILLISECONDS.sleep(MILLIS_BETWEEN_SENDS);
      }
      Collections.sort(nanos);
      return nanos.get((int) (nanos.size() * 0.99)) / 1e6;
    }
  }
}
