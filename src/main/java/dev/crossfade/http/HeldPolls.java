package dev.crossfade.http;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.Client;
import dev.crossfade.rollout.Rollout;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
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
import java.util.random.RandomGenerator;

/**
 * Every request that is held on this node: how many there may be, which newer one releases which
 * older one, and who is to be answered early. Safe for many threads; nothing here blocks.
 */
public final class HeldPolls {

  /** Held polls of one user who names no instance; a newer one releases the oldest. */
  static final int PER_USER = 4;

  /** A change of transport answers the polls it concerns, spread over so long. */
  static final Duration SPREAD = Duration.ofSeconds(8);

  private final Rollout rollout;
  private final Executor delivery;
  private final ScheduledExecutorService scheduler;
  private final RandomGenerator random;
  private final int limit;
  private final Set<Held> held = ConcurrentHashMap.newKeySet();
  private final Map<String, Deque<Held>> byReader = new HashMap<>();
  private volatile boolean draining;

  /**
   * @param limit held requests on this node; beyond it a poll is told to come back later
   * @param delivery where answers are written
   */
  public HeldPolls(
      Rollout rollout,
      Executor delivery,
      ScheduledExecutorService scheduler,
      RandomGenerator random,
      int limit) {
    this.rollout = rollout;
    this.delivery = delivery;
    this.scheduler = scheduler;
    this.random = random;
    this.limit = limit;
  }

  public int size() {
    return held.size();
  }

  /** Throws {@code unavailable} where this node holds as many requests as it may, or is going. */
  void requireRoom() {
    if (draining || held.size() >= limit) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", 1 + random.nextInt(5));
    }
  }

  /**
   * Takes in a request that listens already; an older one of the same reader is released.
   *
   * @param reader what the reader calls itself, without its instance
   * @param instance may be null
   */
  void add(Held poll, String reader, String instance) {
    requireRoom();
    String key = instance == null ? reader : reader + "#" + instance;
    poll.readerKey = key;
    held.add(poll);
    int allowed = instance == null ? PER_USER : 1;
    Held oldest = null;
    synchronized (byReader) {
      Deque<Held> mine = byReader.computeIfAbsent(key, k -> new ArrayDeque<>());
      mine.removeIf(one -> !one.open());
      mine.addLast(poll);
      if (mine.size() > allowed) {
        oldest = mine.removeFirst();
      }
    }
    if (oldest != null) {
      later(oldest::release);
    }
    if (!poll.open()) {
      // Answered before it was taken in: who answered it found nothing to take out.
      remove(poll);
    }
  }

  void remove(Held poll) {
    held.remove(poll);
    synchronized (byReader) {
      byReader.computeIfPresent(
          poll.readerKey, (key, mine) -> mine.remove(poll) && mine.isEmpty() ? null : mine);
    }
  }

  Transport choose(Client client) {
    return rollout.choose(client).transport();
  }

  /** The answer with what this client should use now. */
  Response withTransport(Response answer, Client client) {
    return Response.fromResponse(answer)
        .header(Door.TRANSPORT_HEADER, choose(client).text())
        .build();
  }

  /** Answers are written on delivery threads: a timer must not wait for a slow client. */
  void later(Runnable answer) {
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

  /** Takes no more, and answers every one that is held. */
  public void drain() {
    draining = true;
    List.copyOf(held).forEach(Held::release);
  }
}
