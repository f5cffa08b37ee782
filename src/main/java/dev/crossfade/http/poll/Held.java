package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request that is held until there is something to say. Holds no thread and no connection to the
 * database. News, the deadline, the end of the caller's token, a newer poll, a change of transport
 * or a stop: the first of them answers, the others find it answered.
 */
public abstract class Held {

  final Call call;
  final Client client;
  volatile String readerKey;
  final HeldPolls polls;
  private final AsyncResponse response;
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile boolean looked;
  private final Transport told;
  private final AtomicBoolean going = new AtomicBoolean();
  private volatile boolean forLong;
  private volatile ScheduledFuture<?> deadline;

  Held(Call call, Client client, HeldPolls polls, AsyncResponse response) {
    this.call = call;
    this.client = client;
    this.polls = polls;
    this.response = response;
    this.told = polls.choose(client);
  }

  /** What to say when nothing came. Does not block. */
  abstract Response nothing();

  /** Runs once, right after the answer was decided. */
  abstract void ended();

  /** Sets the deadline: {@code wait}, or the end of the caller's token where that is sooner. */
  public final void until(Duration wait, Clock clock, ScheduledExecutorService scheduler) {
    Duration longest = polls.longest(wait);
    forLong = longest.compareTo(HeldPolls.DRAINING_WAIT) > 0;
    Duration signedIn = Duration.between(clock.instant(), call.caller().expiresAt());
    boolean expires = signedIn.compareTo(longest) < 0;
    Duration first = expires ? signedIn : longest;
    Runnable end =
        expires ? () -> refuse(new ChatException(Problem.NOT_AUTHENTICATED)) : this::release;
    deadline = scheduler.schedule(() -> polls.later(end), first.toMillis(), TimeUnit.MILLISECONDS);
    if (answered.get()) {
      deadline.cancel(false);
    }
  }

  /** The store has been asked: from now on it is known whether there is nothing new. */
  final void looked() {
    looked = true;
  }

  /**
   * Answers with nothing new, or with a time to come back where the store has not answered yet:
   * whoever was told "nothing" may rely on it. Twice is harmless.
   */
  final void release() {
    if (!looked) {
      refuse(new ChatException(Problem.UNAVAILABLE).with("retry_after", 1));
    } else if (answered.compareAndSet(false, true)) {
      call.quiet();
      send(nothing());
    }
  }

  /** Answers with a refusal. Twice is harmless. */
  public final void refuse(ChatException refusal) {
    if (answered.compareAndSet(false, true)) {
      send(Answers.refusal(refusal, call.language()));
    }
  }

  /** Whether the caller may answer now; who gets true must {@link #send}. */
  final boolean claim() {
    return answered.compareAndSet(false, true);
  }

  final boolean forLong() {
    return forLong;
  }

  final boolean open() {
    return !answered.get();
  }

  /** May block as long as a short write to a socket buffer does. */
  final void send(Response answer) {
    ScheduledFuture<?> pending = deadline;
    if (pending != null) {
      pending.cancel(false);
    }
    ended();
    polls.remove(this);
    response.resume(polls.withTransport(answer, client));
  }

  /**
   * Whether the rule has changed what this client was told to use; true once, for it is answered
   * then, with what holds at that moment.
   */
  final boolean movedBy(Transport now) {
    return now != told && going.compareAndSet(false, true);
  }
}
