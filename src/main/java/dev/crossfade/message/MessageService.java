package dev.crossfade.message;

import dev.crossfade.message.KnownConversations.Known;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Draft;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.Journal;
import dev.crossfade.store.MessageStore;
import dev.crossfade.store.ReceiptStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The one way in for both transports: checks the caller, calls the store, wakes the listeners.
 * Unless it says otherwise a method blocks for a round trip to the database, and throws a
 * ChatException that says what is wrong. Safe for many threads.
 */
public final class MessageService {

  /** The most messages one answer holds. */
  public static final int MAX_BATCH = 100;

  private final MessageStore messages;
  private final ConversationStore conversations;
  private final ReceiptStore receipts;
  private final Journal<MessageStore.Entry, Posted> journal;
  private final Subscriptions subscriptions;
  private final Inbox inbox;
  private final String epoch;

  public MessageService(
      MessageStore messages,
      ConversationStore conversations,
      ReceiptStore receipts,
      Journal<MessageStore.Entry, Posted> journal,
      Subscriptions subscriptions,
      Inbox inbox,
      String epoch) {
    this.messages = messages;
    this.conversations = conversations;
    this.receipts = receipts;
    this.journal = journal;
    this.subscriptions = subscriptions;
    this.inbox = inbox;
    this.epoch = epoch;
  }

  public String epoch() {
    return epoch;
  }

  /**
   * Stores a message. Does not block. The stage ends after the commit, or with a ChatException: a
   * refusal (nothing stored), or {@code unavailable} (perhaps stored: repeat it with its
   * client_msg_id).
   *
   * @param acknowledge runs after the commit and before any listener hears of the message, on the
   *     journal's thread: must not block
   * @throws ChatException {@code unavailable} where too much waits already; nothing is stored
   */
  public CompletionStage<Posted> post(
      Caller caller, Draft draft, Consumer<? super Posted> acknowledge) {
    CompletableFuture<Posted> committed = new CompletableFuture<>();
    CompletionStage<Posted> announced =
        committed.thenApply(
            posted -> {
              subscriptions.committed(posted.message());
              acknowledge.accept(posted);
              if (posted.duplicate()) {
                // Its first try may have been committed without this node being told so.
                subscriptions.signal(posted.message().conversation(), posted.message().seq());
              } else {
                subscriptions.appended(posted.message());
              }
              inbox.changed(caller.shopId(), posted.visitorId());
              return posted;
            });
    journal.submit(new MessageStore.Entry(caller, draft), committed);
    return announced;
  }

  /**
   * The answer to a poll that finds nothing; empty where there is something. Blocks only where the
   * conversation was not asked about lately. The place has its {@code after}.
   */
  public Optional<Page> nothingNew(Caller caller, Place place) {
    long head = reach(place.epoch(), place.after(), visible(caller, place.conversation()));
    return place.after() == head ? Optional.of(new Page(List.of(), head, head)) : Optional.empty();
  }

  /** Answers with what is there; blocks. The place has its {@code after}. */
  public Page read(Caller caller, Place place, int limit) {
    Known conversation = visible(caller, place.conversation());
    long head = reach(place.epoch(), place.after(), conversation);
    List<Encoded> found =
        Batch.bounded(
            subscriptions.encoded(messages.after(conversation.id(), place.after(), limit)));
    long cursor = found.isEmpty() ? place.after() : found.get(found.size() - 1).seq();
    return new Page(found, cursor, Math.max(head, cursor));
  }

  /** History: the newest messages with seq below {@code before}. */
  public Page history(Caller caller, long id, long before, int limit) {
    Known conversation = visible(caller, id);
    List<Encoded> found =
        Batch.newest(subscriptions.encoded(messages.before(conversation.id(), before, limit)));
    long cursor = found.isEmpty() ? 0 : found.get(found.size() - 1).seq();
    return new Page(found, cursor, Math.max(conversation.head(), cursor));
  }

  /**
   * Listens from a place on.
   *
   * @param opened runs before the first message is handed over, on the calling thread
   */
  public Subscription subscribe(
      Caller caller,
      Place place,
      int batchLimit,
      Subscriber subscriber,
      Consumer<? super Joined> opened) {
    Subscription subscription =
        subscriptions.register(place.conversation(), subscriber, batchLimit);
    try {
      Known conversation = visible(caller, place.conversation());
      boolean resumed = place.after() == null;
      long from = resumed ? resumeFrom(caller, place, conversation) : place.after();
      long head = reach(place.epoch(), from, conversation);
      opened.accept(new Joined(conversation.id(), from, head, resumed));
      subscriptions.start(subscription, from, head);
      return subscription;
    } catch (RuntimeException refused) {
      subscription.close();
      throw refused;
    }
  }

  /**
   * Raises the caller's marks and tells the others.
   *
   * @param clientId may be null
   * @param delivered 0 for none
   * @param read 0 for none
   */
  public void mark(Caller caller, long id, String clientId, long delivered, long read) {
    Known conversation = visible(caller, id);
    requireReached(Math.max(delivered, read), conversation);
    ReceiptStore.Raised raised = receipts.raise(caller, id, clientId, delivered, read);
    boolean readRaised = raised.read() != null;
    Long seq = readRaised ? raised.read() : raised.delivered();
    if (seq == null) {
      return;
    }
    MessageStatus status = readRaised ? MessageStatus.READ : MessageStatus.DELIVERED;
    subscriptions.marked(id, caller.userId(), seq, status);
    receipts
        .messageId(id, seq)
        .ifPresent(
            messageId ->
                subscriptions.tell(
                    id,
                    new Event.Marked(id, messageId, seq, caller.userId(), status, raised.at()),
                    caller.userId()));
    inbox.changed(conversation.shopId(), conversation.visitorId());
  }

  /** The seq of a message that the client named by its id. */
  public long seqOf(Caller caller, long conversation, long messageId) {
    visible(caller, conversation);
    return receipts
        .messageSeq(conversation, messageId)
        .orElseThrow(() -> new ChatException(Problem.NOT_FOUND));
  }

  public void typing(Caller caller, long id, boolean active) {
    visible(caller, id);
    subscriptions.tell(id, new Event.Typing(id, caller.userId(), active), caller.userId());
  }

  /**
   * The visitor's open conversation, or a new one; {@code subject} and {@code page} may be null.
   */
  public ConversationStore.Opened open(Caller caller, String subject, String page) {
    if (caller.role().staff()) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    var opened = open(caller.shopId(), caller.userId(), caller.name(), subject);
    if (page != null && !page.equals(opened.conversation().page())) {
      conversations.visits(opened.conversation().id(), page);
    }
    return opened;
  }

  /** One conversation; throws {@code not_found} for what the caller may not see. */
  public Conversation find(Caller caller, long id) {
    return conversations
        .find(id)
        .filter(found -> found.visibleTo(caller))
        .orElseThrow(() -> new ChatException(Problem.NOT_FOUND));
  }

  /** The open conversation of a visitor of the agent's shop, or a new one. */
  public Conversation openFor(Caller agent, String visitorId) {
    requireStaff(agent);
    return open(agent.shopId(), visitorId, null, null).conversation();
  }

  public Conversation close(Caller caller, long id) {
    requireStaff(caller);
    return updated(conversations.close(caller, id));
  }

  public Conversation reopen(Caller caller, long id) {
    requireStaff(caller);
    return updated(conversations.reopen(caller, id));
  }

  public Conversation assign(Caller caller, long id, String agentId) {
    requireStaff(caller);
    return updated(conversations.assign(caller, id, agentId));
  }

  /**
   * Who of a user listens to a conversation right now. Ask before a message is posted: a held poll
   * that takes it is gone afterwards. Does not block.
   */
  public Listeners listeners(long conversation, String userId) {
    return new Listeners(
        subscriptions.of(conversation).stream()
            .filter(one -> one.subscriber().caller().userId().equals(userId))
            .toList());
  }

  private ConversationStore.Opened open(
      String shopId, String visitorId, String visitorName, String subject) {
    var opened = conversations.open(shopId, visitorId, visitorName, subject);
    if (opened.created()) {
      inbox.changed(shopId, visitorId);
    }
    return opened;
  }

  private Conversation updated(Conversation conversation) {
    subscriptions.tell(conversation.id(), new Event.Updated(conversation), null);
    inbox.changed(conversation.shopId(), conversation.visitorId());
    return conversation;
  }

  private Known visible(Caller caller, long id) {
    return subscriptions
        .known()
        .find(id)
        .filter(found -> found.visibleTo(caller))
        .orElseThrow(() -> new ChatException(Problem.NOT_FOUND));
  }

  private long resumeFrom(Caller caller, Place place, Known conversation) {
    return receipts
        .delivered(caller, conversation.id(), place.clientId())
        .orElse(conversation.head());
  }

  /** The head, for a reader who is at {@code after} of the log that it claims. */
  private long reach(String claimedEpoch, long after, Known conversation) {
    if (claimedEpoch != null && !claimedEpoch.equals(epoch)) {
      throw new ChatException(Problem.EPOCH_CHANGED).with("epoch", epoch);
    }
    return requireReached(after, conversation);
  }

  /** The head; throws {@code cursor_ahead} if it lies below {@code seq}, in the store too. */
  private long requireReached(long seq, Known conversation) {
    long head = conversation.head();
    if (seq > head) {
      head = subscriptions.known().again(conversation.id()).map(Known::head).orElse(head);
    }
    if (seq > head) {
      throw new ChatException(Problem.CURSOR_AHEAD).with("head", head).with("epoch", epoch);
    }
    return head;
  }

  private static void requireStaff(Caller caller) {
    if (!caller.role().staff()) {
      throw new ChatException(Problem.FORBIDDEN);
    }
  }
}
