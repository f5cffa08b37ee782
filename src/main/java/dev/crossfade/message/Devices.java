package dev.crossfade.message;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.DeviceStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * The devices of each user, and signing one out. Blocks for the database. Safe for many threads.
 */
public final class Devices {

  /** A poller would otherwise write a row with every question. */
  private static final Duration NOTED_EVERY = Duration.ofMinutes(1);

  /** Beyond it a device that comes seldom is written more often than it must be. */
  private static final int MAX_REMEMBERED = 50_000;

  private final DeviceStore store;
  private final Hints hints;
  private final List<BiConsumer<Caller, String>> watchers = new CopyOnWriteArrayList<>();
  private final Cache<String, Boolean> noted;

  public Devices(DeviceStore store, Hints hints, Clock clock) {
    this.store = store;
    this.hints = hints;
    this.noted =
        Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(NOTED_EVERY)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .executor(Runnable::run)
            .build();
  }

  /** {@code watcher} gets the user and the client id that is to be let go; must not block. */
  public void watchSignOut(BiConsumer<Caller, String> watcher) {
    watchers.add(watcher);
  }

  /** A device introduces itself; {@code name}, {@code type} and {@code platform} may be null. */
  public void introduced(
      Caller caller, String clientId, String name, String type, String platform) {
    note(caller, clientId);
    store.seen(caller, clientId, name, type, platform);
  }

  /** A device was here; written at most once a minute. */
  public void seen(Caller caller, String clientId) {
    if (clientId != null && note(caller, clientId)) {
      store.seen(caller, clientId, null, null, null);
    }
  }

  public List<DeviceStore.Device> list(Caller caller) {
    return store.list(caller.shopId(), caller.userId(), DeviceStore.MAX_LISTED);
  }

  /** The devices of one user, the latest seen first. */
  public List<DeviceStore.Device> list(String shopId, String userId, int limit) {
    return store.list(shopId, userId, limit);
  }

  /** Ends a device's connections and forgets it; throws {@code not_found}. */
  public void signOut(Caller caller, String clientId) {
    if (!store.remove(caller, clientId)) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    noted.invalidate(key(caller, clientId));
    signedOut(caller, clientId);
    hints.signedOut(caller, clientId);
  }

  /** Ends a device's connections on this node only, as a hint from elsewhere does. */
  public void signedOut(Caller caller, String clientId) {
    watchers.forEach(watcher -> watcher.accept(caller, clientId));
  }

  /** Whether it was not noted within the last minute; notes it. */
  private boolean note(Caller caller, String clientId) {
    return noted.asMap().putIfAbsent(key(caller, clientId), true) == null;
  }

  private static String key(Caller caller, String clientId) {
    return caller.key() + "/" + clientId;
  }
}
