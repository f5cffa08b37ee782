package dev.crossfade.websocket;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Api;
import dev.crossfade.support.ManySockets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The latency of HTTP while five thousand sockets are cut at once, beside it while they are open. */
@Tag("long")
class MassCloseBench {

  private static final int SOCKETS = 5_000;
  private static final int ROUNDS = 3;
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The sockets are cut at its start; {@code api/node} counts none at its end. */
  private static final long CUT_NANOS = TimeUnit.SECONDS.toNanos(2);

  @TempDir Path home;

  @Test
  void requests_beside_sockets_that_are_cut() throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).start()) {
      Api agent = server.api().agent();
      Api visitor = server.api().visitor();
      long conversation = visitor.open();
      for (int round = 0; round <= ROUNDS; round++) {
        List<Long> open;
        List<Long> cut;
        try (ManySockets sockets = ManySockets.open(server.port(), SOCKETS)) {
          long until = System.nanoTime() + QUIET_NANOS;
          open = talk(visitor, conversation, () -> System.nanoTime() < until);
          long least = System.nanoTime() + CUT_NANOS;
          FutureTask<Void> closing =
              new FutureTask<>(
                  () -> {
                    sockets.close();
                    return null;
                  });
          new Thread(closing, "closing").start();
          cut = talk(visitor, conversation, () -> System.nanoTime() < least);
          closing.get();
          assertThat(agent.get("api/node").body().get("sockets").asInt()).isZero();
        }
        if (round > 0) {
          print(round, open, cut);
        }
      }
    }
  }

  /** Nanoseconds of each send and of each poll, as fast as the answers come. */
  private static List<Long> talk(Api visitor, long conversation, BooleanSupplier goesOn) {
    List<Long> nanos = new ArrayList<>();
    do {
      long start = System.nanoTime();
      long seq = visitor.say(conversation, "text", null).get("seq").asLong();
      long said = System.nanoTime();
      visitor.poll(conversation, seq - 1, 0);
      nanos.add(said - start);
      nanos.add(System.nanoTime() - said);
    } while (goesOn.getAsBoolean());
    Collections.sort(nanos);
    return nanos;
  }

  private static void print(int round, List<Long> open, List<Long> cut) {
    System.out.printf(
        Locale.ROOT,
        "mass close %d: open p50 %.1f ms, p99 %.1f ms, longest %.0f ms of %d;"
            + " cut p50 %.1f ms, p99 %.1f ms, longest %.0f ms of %d; p99 %.2f%n",
        round,
        at(open, 0.5),
        at(open, 0.99),
        at(open, 1),
        open.size(),
        at(cut, 0.5),
        at(cut, 0.99),
        at(cut, 1),
        cut.size(),
        at(cut, 0.99) / at(open, 0.99));
  }

  private static double at(List<Long> sorted, double part) {
    return sorted.get((int) ((sorted.size() - 1) * part)) / 1e6;
  }
}
