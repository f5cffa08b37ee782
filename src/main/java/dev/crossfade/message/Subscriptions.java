package dev.crossfade.message;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.MessageStore;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who listens where, on this node. Bounded by who may listen: the sockets and the held polls. Safe
 * for many threads.
 */
public final class Subscriptions {

  private static final Logger LOG = LoggerFactory.getLogger(Subscriptions.class);

  /** Conversations in one query of the sweep. */
  private static final int SWEEP_BATCH = 5_000;

  private final ConcurrentMap<Long, LiveConversation> live = new ConcurrentHashMap<>();
  private final ConversationStore conversations;
  private final KnownConversations known;
  private final Subscription.Threads threads;
  private final Hints hints;
  private final Function<Message, String> encoder;
  private final LongFunction<LiveConversation> maker;

  /**
   * @param encoder the JSON form of a message
   * @param threads where messages are handed over and read
   * @param hints hear of what happened on this node
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  public Subscriptions(
      MessageStore messages,
      ConversationStore conversations,
      Function<Message, String> encoder,
      Subscription.Threads threads,
      Hints hints,
      LongSupplier nanos) {
    this.hints = hints;
    this.encoder = encoder;
    this.conversations = conversations;
    this.known = new KnownConversations(conversations, nanos);
    this.threads = threads;
    this.maker = id -> new LiveConversation(id, messages, encoder, this::forgetIfEmpty);
  }

  /** Messages with their JSON form. */
  List<Encoded> encoded(List<Message> messages) {
    return messages.stream().map(message -> new Encoded(message, encoder)).toList();
  }

  /**
   * Registers a listener, which gets nothing until {@link Subscription#start}. Register first, then
   * look: what is committed after this call signals the new listener, what was committed before is
   * seen by the look that follows. The other way round, a message between the two is never
   * delivered.
   */
  Subscription register(long conversation, Subscriber subscriber, int batchLimit) {
    Subscription[] made = new Subscription[1];
    live.compute(
        conversation,
        (id, known) -> {
          LiveConversation at = known == null ? maker.apply(id) : known;
          made[0] = new Subscription(at, subscriber, batchLimit, threads);
          at.add(made[0]);
          return at;
        });
    return made[0];
  }

  /** The look: {@code head} is what the store says after {@link #register}. */
  void start(Subscription subscription, long place, long head) {
    LiveConversation at = live.get(subscription.conversation());
    if (at != null) {
      at.raise(head);
    }
    subscription.start(place);
  }

  /** Whose the conversations are, and how far they reach. */
  KnownConversations known() {
    return known;
  }

  /**
   * A message was committed by this node; before its sender is told so: a reader who asks after the
   * answer must not be given less than was answered. Never blocks.
   */
  void committed(Message message) {
    known.raise(message.conversation(), message.seq());
  }

  /**
   * Tells the listeners of what was {@link #committed}. Called in the order of commits. Never
   * blocks.
   */
  void appended(Message message) {
    LiveConversation at = live.get(message.conversation());
    if (at != null) {
      at.append(message);
    }
    hints.appended(message.conversation(), message.seq());
  }

  void marked(long conversation, String reader, long seq, MessageStatus status) {
    LiveConversation at = live.get(conversation);
    if (at != null) {
      at.mark(reader, seq, status);
    }
  }

  /**
   * A hint from elsewhere that a conversation reaches up to {@code head}. Doubled or late is
   * harmless.
   */
  public void signal(long conversation, long head) {
    known.raise(conversation, head);
    LiveConversation at = live.get(conversation);
    if (at != null) {
      at.signal(head);
    }
  }

  /** Tells whoever listens, here and on other nodes; {@code exceptUser} may be null. */
  void tell(long conversation, Event event, String exceptUser) {
    tellHere(conversation, event, exceptUser);
    hints.happened(conversation, event, exceptUser);
  }

  /** Tells the listeners on this node only, as a hint from elsewhere does. Never blocks. */
  public void tellHere(long conversation, Event event, String exceptUser) {
    for (Subscription subscription : of(conversation)) {
      Subscriber subscriber = subscription.subscriber();
      if (subscription.started() && !subscriber.caller().userId().equals(exceptUser)) {
        subscriber.hear(event);
      }
    }
  }

  Collection<Subscription> of(long conversation) {
    LiveConversation at = live.get(conversation);
    return at == null ? List.of() : at.subscriptions();
  }

  public int liveConversations() {
    return live.size();
  }

  /**
   * Repairs every hint that was lost: asks the store for the heads. Blocks; call it every few
   * seconds.
   */
  public void sweep() {
    Set<Long> asked = new HashSet<>(known.ids());
    asked.addAll(live.keySet());
    List<Long> ids = List.copyOf(asked);
    try {
      for (int from = 0; from < ids.size(); from += SWEEP_BATCH) {
        Map<Long, Long> heads =
            conversations.heads(ids.subList(from, Math.min(ids.size(), from + SWEEP_BATCH)));
        heads.forEach(this::signal);
      }
    } catch (ChatException unavailable) {
      LOG.debug("sweep postponed: {}", unavailable.getMessage());
    }
  }

  private void forgetIfEmpty(LiveConversation conversation) {
    live.computeIfPresent(
        conversation.id(),
        (id, known) -> known == conversation && known.subscriptions().isEmpty() ? null : known);
  }
}
