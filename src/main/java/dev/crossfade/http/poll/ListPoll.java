package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.message.Inbox;
import dev.crossfade.model.ChatException;
import dev.crossfade.rollout.rule.Client;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** One held question for a list of conversations, until it differs from the one the client has. */
public final class ListPoll extends Held {

  /**
   * A busy shop changes its list with every message; it is read at most so often for each agent.
   */
  private static final long CHECK_MS = 250;

  /** A list as it would be answered. */
  public record Version(String etag, String body) {}

  private final String known;
  private final Supplier<Version> list;
  private final ScheduledExecutorService scheduler;
  private final HeldPolls polls;
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile Runnable unwatch;

  public ListPoll(
      Call call,
      Client client,
      HeldPolls polls,
      AsyncResponse response,
      String known,
      Supplier<Version> list,
      ScheduledExecutorService scheduler) {
    super(call, client, polls, response);
    this.polls = polls;
    this.known = known;
    this.list = list;
    this.scheduler = scheduler;
  }

  /** Watches first, then looks. Blocks for the look. */
  public void listen(Inbox inbox) {
    unwatch = inbox.watch(call.caller().shopId(), this::changed);
    look();
    if (!open()) {
      unwatch.run();
    }
  }

  private void changed() {
    if (checking.compareAndSet(false, true)) {
      scheduler.schedule(
          () ->
              polls.later(
                  () -> {
                    checking.set(false);
                    look();
                  }),
          CHECK_MS,
          TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    if (!open()) {
      return;
    }
    try {
      Version now = list.get();
      looked();
      if (!now.etag().equals(known) && claim()) {
        send(answer(now));
      }
    } catch (ChatException refusal) {
      refuse(refusal);
    }
  }

  public static Response answer(Version version) {
    return Response.fromResponse(Answers.json(200, version.body()))
        .header("ETag", version.etag())
        .build();
  }

  @Override
  Response nothing() {
    return Response.notModified().header("ETag", known).build();
  }

  @Override
  void ended() {
    Runnable watching = unwatch;
    if (watching != null) {
      watching.run();
    }
  }
}
