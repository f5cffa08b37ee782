package dev.crossfade.http.poll;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.EntryFilter;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.model.ChatException;
import dev.crossfade.peer.Peer;
import dev.crossfade.peer.Population;
import dev.crossfade.peer.Reader;
import dev.crossfade.peer.Visit;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.Query;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Holds requests: gives each a peer, and a time to end. Safe for many threads. */
public final class Holding {

  /** Held requests of one user that names no instance; a newer one releases the oldest. */
  static final int WITHOUT_INSTANCE = 4;

  private final Population population;
  private final Rollout rollout;
  private final ScheduledExecutorService scheduler;
  private final Executor delivery;

  /** {@code delivery} is where answers are made; nothing on it blocks. */
  public Holding(
      Population population,
      Rollout rollout,
      ScheduledExecutorService scheduler,
      Executor delivery) {
    this.population = population;
    this.rollout = rollout;
    this.scheduler = scheduler;
    this.delivery = delivery;
  }

  /**
   * Holds a request until {@code wait} is over, or its pipe has answered. Blocks for a look into
   * the store.
   *
   * @param about what is asked for: newer requests of one instance about the same release older
   *     ones, and so do those without an instance beyond {@link #WITHOUT_INSTANCE}
   * @param listen makes the peer listen; what it throws is the answer
   * @throws ChatException if there is no room for one more
   */
  public void hold(Held held, String about, Duration wait, Consumer<Peer> listen) {
    Call call = held.call();
    population.requireHeldRoom(call.caller(), call.address());
    Query query = call.query();
    Client client = call.client(query);
    Visit visit =
        new Visit(
            call.caller(),
            null,
            "",
            client.clientId(),
            client.version(),
            client.platform(),
            call.address());
    Peer peer = population.connect(held, visit, held::serve);
    held.endBy(deadline(held, population.dismissal().longestHold(wait)));
    try {
      if (peer.identify(call.caller(), client.clientId(), reader(query, about))) {
        listen.accept(peer);
        // Only now: an older request is answered with nothing once it has looked itself.
        peer.takeOver();
      }
    } catch (RuntimeException failure) {
      held.refuse(ProblemMapper.refusal(failure));
    }
  }

  private static Reader reader(Query query, String about) {
    String instance = query.identifier("instance");
    return instance == null
        ? new Reader(about, WITHOUT_INSTANCE)
        : new Reader(instance + "/" + about, 1);
  }

  private ScheduledFuture<?> deadline(Held held, Duration wait) {
    return later(wait, held::release);
  }

  /** Runs it on a delivery thread after that time; null if it ran at once, at a stop. */
  ScheduledFuture<?> later(Duration time, Runnable work) {
    try {
      if (time.isZero()) {
        delivery.execute(work);
        return null;
      }
      return scheduler.schedule(
          () -> delivery.execute(work), time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopping) {
      work.run();
      return null;
    }
  }

  /** The answer with what this client should use now. */
  public Answer withTransport(Answer answer, Client client) {
    return answer.with(EntryFilter.TRANSPORT_HEADER, rollout.choose(client).transport().text());
  }

  /** The same for a refusal: a poll that is refused says too which transport to use. */
  public Answer refusal(ChatException refusal, Call call, Client client) {
    return withTransport(Answer.refusal(refusal, call.language()), client);
  }
}
