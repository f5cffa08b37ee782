package dev.crossfade.http;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Network;
import dev.crossfade.model.Problem;
import dev.crossfade.peer.Budget;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The bytes of responses that clients are still reading, of all together, of one user, and of one
 * address: a client that reads slowly is refused before it keeps others from reading. Thread-safe;
 * nothing here blocks.
 */
public final class UnreadAnswers {

  /** The share of all that one address may hold; many people may be behind it. */
  static final int ADDRESS_SHARE = 8;

  /** The share of one user, on all devices. */
  static final int USER_SHARE = 32;

  private static final int COME_BACK_SECONDS = 5;

  private final long most;
  private final Budget all;
  private final ConcurrentMap<String, Long> byHolder = new ConcurrentHashMap<>();

  public UnreadAnswers(long maxBytes) {
    this.most = maxBytes;
    this.all = new Budget(maxBytes);
  }

  /** A sixteenth of the heap. */
  public static UnreadAnswers ofHeap() {
    return new UnreadAnswers(Runtime.getRuntime().maxMemory() / 16);
  }

  public long bytes() {
    return all.taken();
  }

  /**
   * Throws {@code rate_limited} if this user or address has too much left to read, and {@code
   * unavailable} if all together have.
   */
  void require(Caller caller, String address) {
    if (held(user(caller)) >= most / USER_SHARE
        || held(Network.source(address)) >= most / ADDRESS_SHARE) {
      throw new ChatException(Problem.RATE_LIMITED).with("retry_after", COME_BACK_SECONDS);
    }
    if (all.spent()) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", COME_BACK_SECONDS);
    }
  }

  /** Counts a response; running the result, once, takes it off again. */
  Runnable take(Caller caller, String address, int bytes) {
    String source = Network.source(address);
    List<String> holders = caller == null ? List.of(source) : List.of(source, user(caller));
    all.take(bytes);
    holders.forEach(holder -> byHolder.merge(holder, (long) bytes, Long::sum));
    return () -> {
      all.give(bytes);
      holders.forEach(
          holder ->
              byHolder.computeIfPresent(
                  holder, (same, held) -> held > bytes ? held - bytes : null));
    };
  }

  private long held(String holder) {
    return byHolder.getOrDefault(holder, 0L);
  }

  /** No address holds a slash. */
  private static String user(Caller caller) {
    return caller.key();
  }
}
