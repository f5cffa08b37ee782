package dev.crossfade.support;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Visitors who send over HTTP at a rate of their own, whatever the answers are: at a rate, not as
 * fast as they are answered, because only so a server can be given more than it can do.
 */
public final class Overload implements AutoCloseable {

  private static final int VISITORS = 32;

  /** What one send came to. */
  public record Sent(String id, long conversation, int status, String retryAfter, long micros) {
    public boolean refused() {
      return status == 429 || status == 503;
    }
  }

  private record Visitor(Api api, long conversation) {}

  private final List<Visitor> visitors = new ArrayList<>();
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<String, Sent> acked = new ConcurrentHashMap<>();

  public Overload(Api api) {
    for (int n = 0; n < VISITORS; n++) {
      Api visitor = api.as("loader-" + n, "demo", "visitor");
      visitors.add(new Visitor(visitor, visitor.open()));
    }
  }

  /**
   * Acknowledged sends a second where each of the visitors sends again as soon as it is answered.
   */
  public double sustainable(Duration length) throws Exception {
    long end = System.nanoTime() + length.toNanos();
    AtomicInteger done = new AtomicInteger();
    List<CompletableFuture<Void>> loops = new ArrayList<>();
    for (Visitor visitor : visitors) {
      loops.add(again(visitor, end, done));
    }
    for (CompletableFuture<Void> loop : loops) {
      loop.get(60, TimeUnit.SECONDS);
    }
    return done.get() / (length.toNanos() / 1e9);
  }

  private CompletableFuture<Void> again(Visitor visitor, long end, AtomicInteger done) {
    return send(visitor)
        .thenCompose(
            sent -> {
              if (sent.status() == 201) {
                done.incrementAndGet();
              }
              return System.nanoTime() < end
                  ? again(visitor, end, done)
                  : CompletableFuture.completedFuture(null);
            });
  }

  /** Sends at this rate for so long and answers what became of each, in no order. Blocks. */
  public Collection<Sent> at(double perSecond, Duration length) throws Exception {
    Queue<CompletableFuture<Sent>> sends = new ConcurrentLinkedQueue<>();
    AtomicInteger turn = new AtomicInteger();
    ScheduledFuture<?> ticking =
        clock.scheduleAtFixedRate(
            () -> sends.add(send(visitors.get(Math.floorMod(turn.getAndIncrement(), VISITORS)))),
            0,
            Math.round(1e9 / perSecond),
            TimeUnit.NANOSECONDS);
    try {
      ticking.get(length.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.TimeoutException over) {
      ticking.cancel(false);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the load itself failed", e);
    }
    List<Sent> results = new ArrayList<>();
    for (CompletableFuture<Sent> one : sends) {
      results.add(one.get(60, TimeUnit.SECONDS));
    }
    return results;
  }

  private CompletableFuture<Sent> send(Visitor visitor) {
    String id = "o" + ids.getAndIncrement();
    String body =
        "{\"session_id\":%d,\"content\":\"x\",\"client_msg_id\":\"%s\"}"
            .formatted(visitor.conversation(), id);
    long asked = System.nanoTime();
    return visitor
        .api()
        .sendLater(
            visitor
                .api()
                .request("api/messages")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)))
        .thenApply(answer -> sent(visitor, id, answer, (System.nanoTime() - asked) / 1000));
  }

  private Sent sent(Visitor visitor, String id, Answer answer, long micros) {
    Sent sent =
        new Sent(id, visitor.conversation(), answer.status(), answer.header("Retry-After"), micros);
    if (sent.status() == 201) {
      acked.put(id, sent);
    }
    return sent;
  }

  /** How often each send that was acknowledged is stored; all of them, ever. */
  public Map<String, Integer> storedTimes() {
    Map<String, Integer> times = new TreeMap<>();
    acked.keySet().forEach(id -> times.put(id, 0));
    for (Visitor visitor : visitors) {
      for (long after = 0; ; ) {
        JsonNode page = visitor.api().poll(visitor.conversation(), after, 0).body();
        for (JsonNode message : page.get("messages")) {
          after = message.get("seq").asLong();
          times.merge(message.path("client_msg_id").asText(), 1, Integer::sum);
        }
        if (after >= page.get("head").asLong()) {
          break;
        }
      }
    }
    return times;
  }

  /** The latency that so many of a hundred stay below, in milliseconds. */
  public static double percentile(Collection<Sent> sends, double percent) {
    long[] micros = sends.stream().mapToLong(Sent::micros).sorted().toArray();
    int index = (int) Math.ceil(percent / 100 * micros.length) - 1;
    return micros.length == 0 ? Double.NaN : micros[Math.max(0, index)] / 1000.0;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
