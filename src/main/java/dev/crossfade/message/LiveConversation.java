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

  /** From so many listeners on, what one of them read from the store is kept for the others. */
  static final int CROWD = 10;

  private final long id;
  private final MessageStore store;
  private final Function<Message, String> encoder;
  private final Consumer<LiveConversation> emptied;
  private final Tail tail;
  private final LastRead lastRead = new LastRead();
  private final AtomicLong head = new AtomicLong();
  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
  private final Object reading = new Object();

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
    lastRead.mark(reader, seq, status);
  }

  /** Whether what comes after {@code place} is in memory. */
  boolean remembers(long place, int limit) {
    return tail.covers(place, limit, head.get()) || lastRead.covers(place, limit);
  }

  /**
   * What comes after {@code place}: from memory, else from the store; null if it is not in memory
   * and must not be read.
   *
   * @param mayRead whether this may block for a round trip to the store
   */
  List<Encoded> after(long place, int limit, boolean mayRead) {
    long known = head.get();
    if (place >= known) {
      return List.of();
    }
    List<Encoded> fresh = remembered(place, limit, known);
    if (fresh != null) {
      return fresh;
    }
    return mayRead ? read(place, limit, known) : null;
  }

  private List<Encoded> remembered(long place, int limit, long known) {
    List<Encoded> fresh = tail.after(place, limit, known);
    fresh = fresh == null ? lastRead.after(place, limit) : fresh;
    return fresh == null ? null : Batch.bounded(fresh);
  }

  /**
   * Near the end one subscriber reads for all: the others wait for it and find the tail filled.
   * Readers who catch up from far behind do not wait for each other.
   */
  private List<Encoded> read(long place, int limit, long known) {
    if (known - place > Tail.MAX_MESSAGES) {
      long marks = lastRead.marks();
      List<Encoded> found = fromStore(place, limit);
      if (subscriptions.size() >= CROWD) {
        lastRead.keep(found, marks);
      }
      return Batch.bounded(found);
    }
    synchronized (reading) {
      List<Encoded> fresh = remembered(place, limit, known);
      if (fresh != null) {
        return fresh;
      }
      long marks = tail.marks();
      List<Encoded> found = fromStore(place, limit);
      tail.fill(found, marks);
      return Batch.bounded(found);
    }
  }

  private List<Encoded> fromStore(long place, int limit) {
    return store.after(id, place, limit).stream()
        .map(message -> new Encoded(message, encoder))
        .toList();
  }
}
