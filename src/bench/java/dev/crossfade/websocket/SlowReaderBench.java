package dev.crossfade.websocket;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import dev.crossfade.support.RawSocket;
import dev.crossfade.support.Api;

import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The latency from send to delivery for those who read, in conversations where others do not read;
 * beside the same without them, in turns.
 */
@Tag("long")
class SlowReaderBench {

  private static final int CONVERSATIONS = 10;
  private static final int SLOW_IN_EACH = 5;
  private static final int ROUNDS = 5;
  private static final int MILLIS_BETWEEN_SENDS = 5;
  private static final Duration LENGTH = Duration.ofSeconds(10);

  /** More than what the system keeps for a socket that nobody reads, so it is stuck at once. */
  private static final int HISTORY = 1_500;

  /** Few enough that none is refused because too many wait to be stored. */
  private static final int AT_ONCE = 100;

  /** By then they have what fits between them and the server; after 20 s the server ends them. */
  private static final Duration STUCK_AFTER = Duration.ofSeconds(5);

  private static final Pattern SENT = Pattern.compile("sent=(\\d+)");

  @TempDir Path home;

  @Test
  void those_who_read_beside_those_who_do_not() throws Exception {
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (CrossfadeServer server =
        new CrossfadeServer(home).with("max_sockets_per_user", "100").start()) {
      List<Room> rooms = new ArrayList<>();
      for (int n = 0; n < CONVERSATIONS; n++) {
        rooms.add(new Room(server, n));
      }
      measure(clock, rooms);
      List<Double> ratios = new ArrayList<>();
      for (int round = 1; round <= ROUNDS; round++) {
        double without = measure(clock, rooms);
        List<RawSocket> slow = new ArrayList<>();
        for (Room room : rooms) {
          for (int n = 0; n < SLOW_IN_EACH; n++) {
            slow.add(room.slow(server));
          }
        }
        TimeUnit.SECONDS.sleep(STUCK_AFTER.toSeconds());
        double with = measure(clock, rooms);
        slow.forEach(RawSocket::close);
        ratios.add(with / without);
        System.out.printf(
            Locale.ROOT,
            "slow readers %d: p99 without %.2f ms, with %d of them %.2f ms (%.2f)%n",
            round,
            without,
            slow.size(),
            with,
            with / without);
      }
      Collections.sort(ratios);
      System.out.printf(
          Locale.ROOT, "slow readers: median of the ratios %.2f%n", ratios.get(ROUNDS / 2));
    } finally {
      clock.shutdownNow();
    }
  }

  /** The 99th percentile in milliseconds over all rooms. */
  private static double measure(ScheduledExecutorService clock, List<Room> rooms)
      throws InterruptedException {
    rooms.forEach(room -> room.nanos.clear());
    AtomicInteger turn = new AtomicInteger();
    var sending =
        clock.scheduleAtFixedRate(
            () -> rooms.get(turn.getAndIncrement() % rooms.size()).send(),
            0,
            MILLIS_BETWEEN_SENDS,
            TimeUnit.MILLISECONDS);
    clock.schedule(() -> sending.cancel(false), LENGTH.toMillis(), TimeUnit.MILLISECONDS);
    while (!sending.isDone()) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    TimeUnit.SECONDS.sleep(1);
    List<Long> all = new ArrayList<>();
    rooms.forEach(room -> all.addAll(List.copyOf(room.nanos)));
    Collections.sort(all);
    return all.get((int) (all.size() * 0.99)) / 1e6;
  }

  /** A visitor who writes, an agent who reads. */
  private static final class Room implements WebSocket.Listener {
    private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
    private final StringBuilder part = new StringBuilder();
    private final Api visitor;
    private final long conversation;
    private final Socket writer;

    Room(CrossfadeServer server, int n) {
      visitor = server.api().as("writer-" + n, "demo", "visitor");
      conversation = visitor.open();
      writer = Socket.as(visitor, null);
      for (int i = 1; i <= HISTORY; i++) {
        writer.say(conversation, "x".repeat(4_000), "h" + i);
        if (i % AT_ONCE == 0) {
          int stored = i;
          await().until(() -> writer.all("message_ack").size() == stored);
        }
      }
      WebSocket reader =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .header("Authorization", "Bearer " + server.api().agent().token())
              .buildAsync(URI.create(server.url().replaceFirst("http", "ws") + "ws"), this)
              .join();
      reader.sendText(join(HISTORY), true).join();
    }

    void send() {
      writer.say(conversation, "sent=" + System.nanoTime(), null);
    }

    RawSocket slow(CrossfadeServer server) {
      String auth = "Authorization: Bearer " + visitor.token() + "\r\n";
      RawSocket slow = RawSocket.open(server.port(), "/crossfade/ws", auth, 4_096).greeted();
      byte[] join = join(0).getBytes(StandardCharsets.UTF_8);
      return slow.frame(RawSocket.FIN | RawSocket.TEXT, join);
    }

    private String join(long after) {
      return "{\"type\":\"join_session\",\"after\":%d,\"session_id\":%d}"
          .formatted(after, conversation);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      long now = System.nanoTime();
      part.append(data);
      if (last) {
        Matcher sent = SENT.matcher(part);
        if (sent.find()) {
          nanos.add(now - Long.parseLong(sent.group(1)));
        }
        part.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}
