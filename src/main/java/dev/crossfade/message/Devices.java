package dev.crossfade.message;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.DeviceStore.Sighting;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The devices of each user, and signing one out. That one was here is a note for people: it is
 * written within a second, with all others, so that nobody who signs in waits for it; a node that
 * dies loses the last second of them. Unless it says otherwise a method blocks for the database.
 * Safe for many threads.
 */
public final class Devices {

  /** A poller would otherwise write a row with every question. */
  private static final Duration NOTED_EVERY = Duration.ofMinutes(1);

  /** Beyond it a device that comes seldom is written more often than it must be. */
  private static final int MAX_REMEMBERED = 50_000;

  /** Beyond it, as when the database is away for long, a device is not noted. */
  static final int MAX_UNWRITTEN = 50_000;

  private final ConcurrentMap<String, Sighting> unwritten = new ConcurrentHashMap<>();
  private final Clock clock;
  private final DeviceStore store;
  private final Hints hints;
  private final List<BiConsumer<Caller, String>> watchers = new CopyOnWriteArrayList<>();
  private final Cache<String, Boolean> noted;

  public Devices(DeviceStore store, Hints hints, Clock clock) {
    this.store = store;
    this.hints = hints;
    this.clock = clock;
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

  /**
   * A device introduces itself; {@code name}, {@code type} and {@code platform} may be null. Does
   * not block.
   */
  public void introduced(
      Caller caller, String clientId, String name, String type, String platform) {
    note(caller, clientId);
    write(new Sighting(caller, clientId, name, type, platform, now()));
  }

  /** A device was here; written at most once a minute. Does not block. */
  public void seen(Caller caller, String clientId) {
    if (clientId != null && note(caller, clientId)) {
      write(new Sighting(caller, clientId, null, null, null, now()));
    }
  }

  private void write(Sighting sighting) {
    if (unwritten.size() < MAX_UNWRITTEN) {
      unwritten.merge(key(sighting.caller(), sighting.clientId()), sighting, Sighting::and);
    }
  }

  /** Writes what was seen; call it every second, and at the end. */
  public synchronized void flush() {
    Map<String, Sighting> taken = new HashMap<>();
    unwritten.keySet().forEach(key -> taken.put(key, unwritten.remove(key)));
    if (taken.isEmpty()) {
      return;
    }
    try {
      store.seen(List.copyOf(taken.values()));
    } catch (RuntimeException failed) {
      taken.forEach((key, old) -> unwritten.merge(key, old, (newer, older) -> older.and(newer)));
      throw failed;
    }
  }

  public List<DeviceStore.Device> list(Caller caller) {
    return list(caller.shopId(), caller.userId(), DeviceStore.MAX_LISTED);
  }

  /** The devices of one user, the latest seen first. */
  public List<DeviceStore.Device> list(String shopId, String userId, int limit) {
    flush();
    return store.list(shopId, userId, limit);
  }

  /**
   * Ends a device's connections and forgets it; throws {@code not_found}.
   *
   * @param revoke gets the id of the token that it was last seen with, before it is forgotten; not
   *     called for a token without one
   */
  public void signOut(Caller caller, String clientId, Consumer<String> revoke) {
    flush();
    DeviceStore.Known known = store.find(caller, clientId);
    if (known == null) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    if (known.tokenId() != null) {
      revoke.accept(known.tokenId());
    }
    store.remove(caller, clientId);
    noted.invalidate(noteKey(caller, clientId, known.tokenId()));
    signedOut(caller, clientId);
    hints.signedOut(caller, clientId);
  }

  /** Ends a device's connections on this node only, as a hint from elsewhere does. */
  public void signedOut(Caller caller, String clientId) {
    watchers.forEach(watcher -> watcher.accept(caller, clientId));
  }

  /** Whether it was not noted within the last minute with this token; notes it. */
  private boolean note(Caller caller, String clientId) {
    String key = noteKey(caller, clientId, caller.tokenId());
    return noted.asMap().putIfAbsent(key, true) == null;
  }

  private static String noteKey(Caller caller, String clientId, String tokenId) {
    return key(caller, clientId) + " " + tokenId;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static String key(Caller caller, String clientId) {
    return caller.key() + "/" + clientId;
  }
}
