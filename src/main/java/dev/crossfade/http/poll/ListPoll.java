package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.message.Inbox;
import dev.crossfade.model.ChatException;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** A held question for a list of conversations, until it differs from the one the client has. */
public final class ListPoll extends Held {

  /**
   * A busy shop changes its list with every message; it is read at most this often for each agent.
   */
  private static final Duration CHECK_EVERY = Duration.ofMillis(250);

  /** A list as it would be answered. */
  public record Version(String etag, String body) {}

  private final String known;
  private final Supplier<Version> list;
  private final Holding holding;
  private final Executor reads;
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile Runnable unwatch;

  /**
   * @param list reads the list; may block
   * @param reads where that may be done
   */
  public ListPoll(
      Call call,
      Holding holding,
      LateAnswer answer,
      String known,
      Supplier<Version> list,
      Executor reads) {
    super(call, holding, answer);
    this.holding = holding;
    this.known = known;
    this.list = list;
    this.reads = reads;
  }

  /** Watches first, then looks. Blocks for the look. */
  public void listen(Inbox inbox) {
    unwatch = inbox.watch(call().caller().shopId(), this::changed);
    look();
    if (!open()) {
      unwatch.run();
    }
  }

  private void changed() {
    if (checking.compareAndSet(false, true)) {
      holding.later(
          CHECK_EVERY,
          () ->
              reads.execute(
                  () -> {
                    checking.set(false);
                    look();
                  }));
    }
  }

  private void look() {
    if (!open()) {
      return;
    }
    try {
      Version now = list.get();
      looked();
      if (!now.etag().equals(known)) {
        answer(answer(now));
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
