package dev.crossfade.message;

import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.ConversationStore.Listed;
import dev.crossfade.store.ShopList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Lists of conversations, once or whenever they change. All staff of a shop who watch the same list
 * share one query, and each sees their own view of it; a visitor's watch costs nothing while only
 * others talk. Safe for many threads.
 */
public final class ConversationLists {

  /**
   * How long, in nanoseconds, a list that nobody watches is kept: a client that was answered asks
   * again at once, and its next read is then cheap and not too soon after the last.
   */
  private static final long LINGER = TimeUnit.SECONDS.toNanos(10);

  /** Told of a list on the thread that read it; must not block. */
  public interface Watcher {

    /** The list as it was read after {@link #watch} was called; perhaps the same as before. */
    void listed(List<Listed> now);

    /** It could not be read. Nothing is read for this watcher until the list changes. */
    void failed(RuntimeException failure);
  }

  private record Key(Inbox.Key whose, Boolean open) {}

  private record Kept(SharedList list, Runnable unwatch) {}

  private final ConversationStore conversations;
  private final Inbox inbox;
  private final Meters meters;
  private final Executor reads;
  private final ScheduledExecutorService scheduler;
  private final LongSupplier nanos;
  private final ConcurrentMap<Key, Kept> lists = new ConcurrentHashMap<>();

  /**
   * @param reads where lists are read, one task at most for each list that is watched
   * @param nanos a clock that only goes forward, such as {@code System::nanoTime}
   */
  public ConversationLists(
      ConversationStore conversations,
      Inbox inbox,
      Meters meters,
      Executor reads,
      ScheduledExecutorService scheduler,
      LongSupplier nanos) {
    this.conversations = conversations;
    this.inbox = inbox;
    this.meters = meters;
    this.reads = reads;
    this.scheduler = scheduler;
    this.nanos = nanos;
  }

  /**
   * What the caller may see, newest first; {@code open} null for both kinds. Blocks for a round
   * trip or two; throws {@code unavailable}.
   */
  public List<Listed> now(Caller caller, Boolean open) {
    meters.listQueried();
    return conversations.list(caller, open);
  }

  /**
   * Tells {@code watcher} the list as it stands, within 250 ms or so, and again after every change,
   * at most four times a second. Does not block. Returns what ends the watching; twice is harmless.
   */
  public Runnable watch(Caller caller, Boolean open, Watcher watcher) {
    String visitorId = caller.role().staff() ? null : caller.userId();
    Key key = new Key(new Inbox.Key(caller.shopId(), visitorId), open);
    SharedList.Watch watch = new SharedList.Watch(caller, watcher);
    // Watch first, then look: what is committed after the look began wakes it again.
    SharedList list =
        lists
            .compute(
                key,
                (same, known) -> {
                  Kept kept = known == null ? keep(key, caller) : known;
                  kept.list().enter(watch);
                  return kept;
                })
            .list();
    list.look();
    return () -> {
      if (list.leave(watch)) {
        forgetLater(key);
      }
    };
  }

  /** How many different lists are kept. */
  int size() {
    return lists.size();
  }

  private Kept keep(Key key, Caller caller) {
    SharedList list =
        new SharedList(
            caller.role().staff()
                ? new OfShop(caller.shopId(), key.open())
                : () -> ofVisitor(caller, key.open()),
            reads,
            this::after,
            nanos);
    return new Kept(list, inbox.watch(key.whose(), list::changed));
  }

  private Function<Caller, List<Listed>> ofVisitor(Caller visitor, Boolean open) {
    List<Listed> list = now(visitor, open);
    return sameVisitor -> list;
  }

  private void forgetLater(Key key) {
    try {
      after(LINGER, () -> lists.computeIfPresent(key, (same, kept) -> forget(kept)));
    } catch (RejectedExecutionException stopping) {
      // Nothing is kept for long any more.
    }
  }

  private static Kept forget(Kept kept) {
    if (!kept.list().emptyFor(LINGER)) {
      return kept;
    }
    kept.unwatch().run();
    return null;
  }

  private void after(long delay, Runnable task) {
    scheduler.schedule(task, delay, TimeUnit.NANOSECONDS);
  }

  /** Each read begins with what the one before found; there is one at a time. */
  private final class OfShop implements Supplier<Function<Caller, List<Listed>>> {

    private final String shopId;
    private final Boolean open;
    private ShopList last = ShopList.EMPTY;

    OfShop(String shopId, Boolean open) {
      this.shopId = shopId;
      this.open = open;
    }

    @Override
    public Function<Caller, List<Listed>> get() {
      meters.listQueried();
      last = conversations.shopList(shopId, open, last);
      return last::of;
    }
  }
}
