package dev.crossfade.message;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.store.MessageStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/** A conversation that somebody listens to. Safe for many threads. */
final class LiveConversation {

  private final long id;
  private final MessageStore store;
  private final Function<Message, String> encoder;
  private final Consumer<LiveConversation> emptied;
  private final Tail tail;
  private final AtomicLong head = new AtomicLong();
  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();

  LiveConversation(
      long id,
      MessageStore store,
      Function<Message, String> encoder,
      Consumer<LiveConversation> emptied) {
    this.id = id;
    this.store = store;
    this.encoder = encoder;
    this.emptied = emptied;
    this.tail = new Tail(encoder);
  }

  long id() {
    return id;
  }

  long head() {
    return head.get();
  }

  Set<Subscription> subscriptions() {
    return subscriptions;
  }

  void add(Subscription subscription) {
    subscriptions.add(subscription);
  }

  void remove(Subscription subscription) {
    if (subscriptions.remove(subscription) && subscriptions.isEmpty()) {
      emptied.accept(this);
    }
  }

  /** The hint that there is something up to {@code seq}. */
  void signal(long seq) {
    raise(seq);
    subscriptions.forEach(Subscription::signal);
  }

  void raise(long seq) {
    head.accumulateAndGet(seq, Math::max);
  }

  void append(Message message) {
    tail.append(message);
    signal(message.seq());
  }

  void mark(String reader, long seq, MessageStatus status) {
    tail.mark(reader, seq, status);
  }

  /**
   * What comes after {@code place}: from the tail, else from the store. Blocks only for the latter.
   */
  List<Encoded> after(long place, int limit) {
    long known = head.get();
    if (place >= known) {
      return List.of();
    }
    List<Encoded> fresh = tail.after(place, limit);
    if (fresh != null && reaches(fresh, known, limit)) {
      return fresh;
    }
    return store.after(id, place, limit).stream()
        .map(message -> new Encoded(message, encoder))
        .toList();
  }

  /**
   * The tail may end below the head: it is filled after the sender was answered, and it misses what
   * another node wrote. Who asked after the answer must not be given less than was answered.
   */
  private static boolean reaches(List<Encoded> batch, long head, int limit) {
    return batch.size() == limit || batch.get(batch.size() - 1).seq() >= head;
  }
}
