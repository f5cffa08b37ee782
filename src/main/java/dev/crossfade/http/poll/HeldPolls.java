package dev.crossfade.http.poll;

import dev.crossfade.http.EntryFilter;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Every request that is held on this node: how many there may be, which newer one releases which
 * older one, and who is to be answered early. Safe for many threads; nothing here blocks.
 */
public final class HeldPolls {

  /** Held polls of one user who names no instance; a newer one releases the oldest. */
  static final int WITHOUT_INSTANCE = 4;

  /**
   * How many requests may be held.
   *
   * @param all on this node; beyond it a poll is told to come back later
   * @param perUser beyond it, whatever instances it names, the oldest is released
   * @param perAddress beyond it a poll is told to come back later
   */
  public record Limits(int all, int perUser, int perAddress) {}

  /** A change of transport answers the polls it concerns, spread over so long. */
  static final Duration SPREAD = Duration.ofSeconds(8);

  /**
   * A node that drains holds a request no longer: whoever is still led here must not hang on it,
   * nor ask again and again without a pause.
   */
  static final Duration DRAINING_WAIT = Duration.ofSeconds(1);

  private final Rollout rollout;
  private final Meters meters;
  private final Executor delivery;
  private final ScheduledExecutorService scheduler;
  private final RandomGenerator random;
  private final Predicate<Caller> over;
  private final Limits limits;
  private final Map<String, Deque<Held>> byUser = new HashMap<>();
  private final Map<String, Integer> byAddress = new HashMap<>();
  private final Set<Held> held = ConcurrentHashMap.newKeySet();
  private final Map<String, Deque<Held>> byReader = new HashMap<>();
  private volatile boolean draining;
  private volatile boolean stopping;

  /**
   * @param delivery where answers are written
   * @param over whether a caller that was let in has expired or was revoked; does not block
   */
  public HeldPolls(
      Rollout rollout,
      Meters meters,
      Executor delivery,
      ScheduledExecutorService scheduler,
      RandomGenerator random,
      Predicate<Caller> over,
      Limits limits) {
    this.rollout = rollout;
    this.meters = meters;
    this.delivery = delivery;
    this.scheduler = scheduler;
    this.random = random;
    this.over = over;
    this.limits = limits;
  }

  public int size() {
    return held.size();
  }

  /**
   * Throws {@code unavailable} where this node holds as many requests as it may, or is stopping,
   * and {@code rate_limited} where this address has as many held as it may.
   */
  public void requireRoom(String address) {
    if (stopping || held.size() >= limits.all()) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", 1 + random.nextInt(5));
    }
    synchronized (byReader) {
      if (byAddress.getOrDefault(address, 0) >= limits.perAddress()) {
        throw new ChatException(Problem.RATE_LIMITED).with("retry_after", 1 + random.nextInt(5));
      }
    }
  }

  /**
   * Takes in a request that listens already; an older one of the same reader is released.
   *
   * @param reader what the reader calls itself, without its instance
   * @param instance may be null
   */
  public void add(Held poll, String reader, String instance) {
    requireRoom(poll.call.address());
    String key = instance == null ? reader : reader + "#" + instance;
    poll.readerKey = key;
    held.add(poll);
    synchronized (byReader) {
      byAddress.merge(poll.call.address(), 1, Integer::sum);
      older(byReader, key, poll, instance == null ? WITHOUT_INSTANCE : 1);
      older(byUser, poll.call.caller().key(), poll, limits.perUser());
    }
    // What was revoked since the caller was let in found nothing here.
    expel(poll);
    if (stopping) {
      later(poll::release);
    }
    if (!poll.open()) {
      // Answered before it was taken in: who answered it found nothing to take out.
      remove(poll);
    }
  }

  /** Adds one, and releases the oldest where there are more than allowed. */
  private void older(Map<String, Deque<Held>> of, String key, Held poll, int allowed) {
    Deque<Held> mine = of.computeIfAbsent(key, k -> new ArrayDeque<>());
    mine.removeIf(one -> !one.open());
    mine.addLast(poll);
    if (mine.size() > allowed) {
      later(mine.removeFirst()::release);
    }
  }

  void remove(Held poll) {
    if (!held.remove(poll)) {
      return;
    }
    synchronized (byReader) {
      byAddress.computeIfPresent(poll.call.address(), (address, n) -> n > 1 ? n - 1 : null);
      byReader.computeIfPresent(poll.readerKey, (key, mine) -> without(mine, poll));
      byUser.computeIfPresent(poll.call.caller().key(), (key, mine) -> without(mine, poll));
    }
  }

  private static Deque<Held> without(Deque<Held> mine, Held poll) {
    mine.remove(poll);
    return mine.isEmpty() ? null : mine;
  }

  /** Messages went to this client, the first of them committed then; not for a second look. */
  public void delivered(Client client, long after, Instant committed) {
    if (after > 0) {
      meters.waited(Transport.POLLING, rollout.observations().delivered(client, committed));
    }
  }

  Transport choose(Client client) {
    return rollout.choose(client).transport();
  }

  /** The answer with what this client should use now. */
  public Response withTransport(Response answer, Client client) {
    return Response.fromResponse(answer)
        .header(EntryFilter.TRANSPORT_HEADER, choose(client).text())
        .build();
  }

  /** Answers are written on delivery threads: a timer must not wait for a slow client. */
  public void later(Runnable answer) {
    try {
      delivery.execute(answer);
    } catch (RejectedExecutionException stopping) {
      answer.run();
    }
  }

  /** The rule has changed: whoever it moves learns so early, spread out. */
  public void reconsider() {
    for (Held poll : held) {
      if (poll.movedBy(choose(poll.client))) {
        scheduler.schedule(
            () -> later(poll::release), random.nextLong(SPREAD.toMillis()), TimeUnit.MILLISECONDS);
      }
    }
  }

  /** A device was signed out. */
  public void signOut(Caller caller, String clientId) {
    for (Held poll : held) {
      if (poll.call.caller().key().equals(caller.key())
          && clientId.equals(poll.client.clientId())) {
        later(() -> poll.refuse(new ChatException(Problem.NOT_AUTHENTICATED)));
      }
    }
  }

  /** Somebody's tokens were revoked. */
  public void expel() {
    held.forEach(this::expel);
  }

  private void expel(Held poll) {
    if (over.test(poll.call.caller())) {
      later(() -> poll.refuse(new ChatException(Problem.NOT_AUTHENTICATED)));
    }
  }

  /** How long a request may be held that asks for so long. */
  Duration longest(Duration wait) {
    return draining && wait.compareTo(DRAINING_WAIT) > 0 ? DRAINING_WAIT : wait;
  }

  /** Those taken in before the drain, which may be held for long. */
  public int heldForLong() {
    return (int) held.stream().filter(Held::forLong).count();
  }

  /** From now on nothing is held for long. */
  public void drain() {
    draining = true;
  }

  /** Answers every one that is held for long, spread out. */
  public void letGo(Duration within) {
    for (Held poll : held) {
      if (poll.forLong()) {
        long delay = random.nextLong(within.toMillis() + 1);
        scheduler.schedule(() -> later(poll::release), delay, TimeUnit.MILLISECONDS);
      }
    }
  }

  /** Takes no more, and answers every one that is held. */
  public void stop() {
    stopping = true;
    List.copyOf(held).forEach(poll -> later(poll::release));
  }
}
