package dev.crossfade.store;

import dev.crossfade.model.ChatException;
import java.util.List;
import org.hibernate.Session;

/**
 * Writes a batch for a {@link Journal}, in the transaction of a session. Blocks for its statements.
 *
 * @param <E> an entry
 * @param <R> what became of it
 */
public interface BatchWriter<E, R> {

  /** At most one of result and refusal is not null; neither is if the entry is to come again. */
  record Outcome<R>(R result, ChatException refusal, boolean later) {
    static <R> Outcome<R> of(R result) {
      return new Outcome<>(result, null, false);
    }

    static <R> Outcome<R> refused(ChatException refusal) {
      return new Outcome<>(null, refusal, false);
    }

    /** What it needs is held by somebody else; nothing of it was written. */
    static <R> Outcome<R> postponed() {
      return new Outcome<>(null, null, true);
    }
  }

  /** Answers, for each entry in order, its result or its refusal. */
  List<Outcome<R>> write(Session session, List<E> entries);

  /** Entries with equal lines keep their order; all of them where a writer does not say. */
  default Object lineOf(E entry) {
    return "";
  }
}
