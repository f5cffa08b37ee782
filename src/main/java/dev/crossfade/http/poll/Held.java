package dev.crossfade.http.poll;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.peer.Peer;
import dev.crossfade.peer.Pipe;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.Reply;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request that is held until there is something to say, as a pipe for one answer: suspended as
 * soon as it is made, on the request's thread. Holds no thread and no connection to the database.
 * News, the deadline, or the end of its peer: the first of them answers, the others find it
 * answered. Safe for many threads; nothing here blocks.
 */
public abstract class Held implements Pipe {

  private final Call call;
  private final Client client;
  private final Holding holding;
  private final LateAnswer answer;
  private final AtomicBoolean answered = new AtomicBoolean();
  private final AtomicBoolean reserved = new AtomicBoolean();
  private volatile boolean looked;
  private volatile ScheduledFuture<?> deadline;
  private volatile Peer peer;

  Held(Call call, Holding holding) {
    this.call = call;
    this.client = call.client(call.query());
    this.holding = holding;
    this.answer = call.suspend();
  }

  /** What to say if nothing came. */
  abstract Answer nothing();

  /** Runs once, when the answer is decided. */
  void ended() {}

  final void serve(Peer connected) {
    peer = connected;
  }

  final void endBy(ScheduledFuture<?> end) {
    deadline = end;
    if (answered.get() && end != null) {
      end.cancel(false);
    }
  }

  final Call call() {
    return call;
  }

  /** The store has been asked: from now on it is known whether there is nothing new. */
  final void looked() {
    looked = true;
  }

  final boolean open() {
    return !answered.get();
  }

  /**
   * Answers with nothing new, or with a time to come back if the store has not answered yet: a
   * client that is told "nothing" may rely on it.
   */
  final void release() {
    if (looked) {
      call.quiet();
      answer(nothing());
    } else {
      refuse(new ChatException(Problem.UNAVAILABLE).with("retry_after", 1));
    }
  }

  final void refuse(ChatException refusal) {
    answer(Answer.refusal(refusal, call.language()));
  }

  /** The first answer stands; false for any other. */
  final boolean answer(Answer response) {
    if (!answered.compareAndSet(false, true)) {
      return false;
    }
    ScheduledFuture<?> pending = deadline;
    if (pending != null) {
      pending.cancel(false);
    }
    ended();
    peer.answered();
    // Tomcat tells of the end on a thread that holds its lock on the connection.
    answer.send(
        holding.withTransport(response, client),
        () -> holding.later(Duration.ZERO, () -> peer.gone(false)));
    return true;
  }

  @Override
  public final Transport transport() {
    return Transport.POLLING;
  }

  @Override
  public final boolean once() {
    return true;
  }

  @Override
  public final boolean reserve() {
    return open() && reserved.compareAndSet(false, true);
  }

  @Override
  public final void cancel() {
    reserved.set(false);
  }

  /** Who asks for a list has joined nothing, and is delivered nothing. */
  @Override
  public boolean deliver(Reply.Messages news) {
    return false;
  }

  @Override
  public void send(Reply reply) {
    if (reply instanceof Reply.Refused refused) {
      refuse(refused.refusal());
    }
  }

  @Override
  public final void close(CloseReason why) {
    if (why.problem() == null) {
      release();
    } else {
      refuse(new ChatException(why.problem()));
    }
  }

  @Override
  public final void abort(CloseReason why) {
    close(why);
  }
}
