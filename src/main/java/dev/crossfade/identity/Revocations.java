package dev.crossfade.identity;

import dev.crossfade.model.Caller;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.RevocationStore.Revocation;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Tokens revoked before they expire. A check costs no query: every node holds them in memory and
 * reads new ones every second. Thread-safe.
 */
public final class Revocations {

  /**
   * Re-read each time: a transaction that took its revision earlier may be seen later. More than
   * the number of connections to a database.
   */
  private static final int OVERLAP = 1_000;

  /** Then all are read: what was written by an older version, or is in a database restored. */
  private static final int REFRESHES_BETWEEN_FULL_READS = 60;

  private final RevocationStore store;
  private final Clock clock;
  private final Map<String, Instant> users = new ConcurrentHashMap<>();
  private final Map<String, Instant> tokens = new ConcurrentHashMap<>();
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

  /** Guarded by this. */
  private long readUpTo;

  private int refreshes;

  public Revocations(RevocationStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
    refresh();
  }

  /**
   * Registers a watcher that is called, on the refreshing thread, after a new revocation on any
   * node.
   */
  public void watch(Runnable watcher) {
    watchers.add(watcher);
  }

  /** Whether this caller's token is revoked. Does not block. */
  public boolean revoked(Caller caller) {
    return revoked(caller.key(), caller.tokenId(), caller.issuedAt());
  }

  /**
   * Whether a token of a user was revoked, by its id, which may be null, or with all that were
   * issued until then. Does not block.
   */
  public boolean revoked(String userKey, String tokenId, Instant issuedAt) {
    Instant upTo = users.get(userKey);
    return upTo != null && !issuedAt.isAfter(upTo)
        || tokenId != null && tokens.containsKey(key(userKey, tokenId));
  }

  /**
   * Revokes one token of a user, or all those issued so far. Tokens carry whole seconds, so one
   * issued later in this second is revoked too. Blocks for two round trips.
   *
   * @param tokenId null for all tokens
   * @param reason may be null
   */
  public void revoke(
      String shopId, String userId, String tokenId, String reason, String revokedBy) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    store.save(new Revocation(shopId, userId, tokenId, now), reason, revokedBy);
    refresh();
  }

  /** Reads new revocations, and now and then all. Blocks for a round trip. */
  public void refresh() {
    if (readAgain()) {
      watchers.forEach(Runnable::run);
    }
  }

  private synchronized boolean readAgain() {
    boolean all = refreshes++ % REFRESHES_BETWEEN_FULL_READS == 0;
    RevocationStore.Read read = store.from(all ? 0 : Math.max(0, readUpTo - OVERLAP));
    boolean news = false;
    for (Revocation one : read.revocations()) {
      String user = one.shopId() + "/" + one.userId();
      Instant before =
          one.tokenId() == null
              ? users.put(user, one.issuedUpTo())
              : tokens.put(key(user, one.tokenId()), one.issuedUpTo());
      news |= !one.issuedUpTo().equals(before);
    }
    // A restored database counts from an earlier revision.
    readUpTo = all ? read.revision() : Math.max(readUpTo, read.revision());
    return news;
  }

  /** Deletes revocations whose tokens have all expired. Blocks for a round trip. */
  public void prune() {
    Instant before = clock.instant().minus(Tokens.LONGEST_LIFE);
    store.prune(before);
    users.values().removeIf(at -> at.isBefore(before));
    tokens.values().removeIf(at -> at.isBefore(before));
  }

  /** Unambiguous, because ids of shops and users contain no space. */
  private static String key(String user, String tokenId) {
    return user + " " + tokenId;
  }
}
