package dev.crossfade.message;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Conversation;
import dev.crossfade.store.ConversationStore;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Whose the conversations are that are asked about, and how far each reaches, so that a poll that
 * finds nothing costs no query. A head only rises: by what this node commits, before its sender is
 * answered; by hints and by the sweep for what other nodes commit, so it is never older than the
 * time between two sweeps. A refusal is never founded on it: see {@link #again}. Bounded; safe for
 * many threads.
 */
final class KnownConversations {

  /** Beyond it a conversation that is asked for seldom is read again. Some 500 bytes each. */
  static final int MAX_KNOWN = 50_000;

  /** Longer than old widgets wait between two polls. */
  static final Duration KNOWN_FOR = Duration.ofMinutes(1);

  /** What never changes of a conversation, and its head. */
  static final class Known {
    private final AtomicLong head = new AtomicLong();
    private volatile Conversation read;

    long id() {
      return read.id();
    }

    String shopId() {
      return read.shopId();
    }

    String visitorId() {
      return read.visitorId();
    }

    boolean visibleTo(Caller caller) {
      return read.visibleTo(caller);
    }

    long head() {
      return head.get();
    }

    private void raise(long seq) {
      head.accumulateAndGet(seq, Math::max);
    }
  }

  private final ConversationStore store;

  /** Maintained on the calling thread: a thread of a pool would outlive an undeploy. */
  private final Cache<Long, Known> known;

  /** {@code nanos} is a clock that only goes forward, such as {@code System::nanoTime}. */
  KnownConversations(ConversationStore store, LongSupplier nanos) {
    this.store = store;
    this.known =
        Caffeine.newBuilder()
            .maximumSize(MAX_KNOWN)
            .expireAfterAccess(KNOWN_FOR)
            .ticker(nanos::getAsLong)
            .executor(Runnable::run)
            .build();
  }

  /** Blocks for a round trip where it is not known; empty where it does not exist. */
  Optional<Known> find(long id) {
    // Entered first, then read: what is committed between the two raises the head that is entered.
    Known entry = known.get(id, unread -> new Known());
    return entry.read == null ? read(id, entry) : Optional.of(entry);
  }

  /** The same from the store: another node may have told the caller more than is known here. */
  Optional<Known> again(long id) {
    return read(id, known.get(id, unread -> new Known()));
  }

  private Optional<Known> read(long id, Known entry) {
    Optional<Conversation> found = store.find(id);
    if (found.isEmpty()) {
      known.asMap().remove(id, entry);
      return Optional.empty();
    }
    entry.raise(found.get().head());
    entry.read = found.get();
    return Optional.of(entry);
  }

  /** Does not block. */
  void raise(long id, long head) {
    // Quietly: what nobody asks about is forgotten, however much is written there.
    Known entry = known.policy().getIfPresentQuietly(id);
    if (entry != null) {
      entry.raise(head);
    }
  }

  Collection<Long> ids() {
    return known.asMap().keySet();
  }
}
