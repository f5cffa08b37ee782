package dev.crossfade.http.poll;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.EntityTag;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.message.ConversationLists;
import dev.crossfade.store.ConversationStore.Listed;
import java.util.List;
import java.util.function.Function;

/** A held question for a list of conversations, until it differs from the one the client has. */
public final class ListPoll extends Held implements ConversationLists.Watcher {

  /** A list as it would be answered. */
  public record Version(String etag, String body) {}

  private static final int NOT_MODIFIED = 304;

  private final String known;
  private final Function<List<Listed>, Version> form;
  private volatile String current;
  private volatile Runnable unwatch;

  /** {@code known} is what {@code If-None-Match} says. */
  public ListPoll(Call call, Holding holding, String known, Function<List<Listed>, Version> form) {
    super(call, holding);
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

  public static Answer answer(Version version) {
    return Answer.json(200, version.body()).with("ETag", version.etag());
  }

  public static Answer unchanged(String etag) {
    return Answer.json(NOT_MODIFIED, "").with("ETag", etag);
  }

  @Override
  Answer nothing() {
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
