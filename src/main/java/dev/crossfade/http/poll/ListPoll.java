package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.EntityTag;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.message.ConversationLists;
import dev.crossfade.store.ConversationStore.Listed;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.function.Function;

/** A held question for a list of conversations, until it differs from the one the client has. */
public final class ListPoll extends Held implements ConversationLists.Watcher {

  /** A list as it would be answered. */
  public record Version(String etag, String body) {}

  private final String known;
  private final Function<List<Listed>, Version> form;
  private volatile String current;
  private volatile Runnable unwatch;

  /** {@code known} is what {@code If-None-Match} says. */
  public ListPoll(
      Call call,
      Holding holding,
      LateAnswer answer,
      String known,
      Function<List<Listed>, Version> form) {
    super(call, holding, answer);
    this.known = known;
    this.form = form;
  }

  /** Does not block. */
  public void listen(ConversationLists lists, Boolean status) {
    unwatch = lists.watch(call().caller(), status, this);
    if (!open()) {
      unwatch.run();
    }
  }

  @Override
  public void listed(List<Listed> now) {
    if (!open()) {
      return;
    }
    Version version = form.apply(now);
    current = version.etag();
    looked();
    if (!EntityTag.matches(known, version.etag())) {
      answer(answer(version));
    }
  }

  @Override
  public void failed(RuntimeException failure) {
    refuse(ProblemMapper.refusal(failure));
  }

  public static Response answer(Version version) {
    return Response.fromResponse(Answers.json(200, version.body()))
        .header("ETag", version.etag())
        .build();
  }

  public static Response unchanged(String etag) {
    return Response.notModified().header("ETag", etag).build();
  }

  @Override
  Response nothing() {
    return unchanged(current);
  }

  @Override
  void ended() {
    Runnable watching = unwatch;
    if (watching != null) {
      watching.run();
    }
  }
}
