package dev.crossfade.peer;

import dev.crossfade.model.CloseReason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Newer peers take over from older ones of the same reader, and of a user who has too many. Safe
 * for many threads; does not block.
 */
final class Takeover {

  private final AtomicLong arrivals = new AtomicLong();

  /** For a peer that takes over from older ones: who is older is decided once. */
  long nextNumber() {
    return arrivals.incrementAndGet();
  }

  /**
   * Closes those that are too many.
   *
   * @param all the peers of its user in the same room
   * @param perUser how many there may be of them
   */
  void supersede(Peer newest, List<Peer> all, int perUser) {
    List<Peer> mine =
        all.stream().filter(peer -> peer.number > 0 && peer.number <= newest.number).toList();
    Reader reader = newest.reader();
    if (reader != null) {
      closeOldest(mine, newest, reader.atMost(), peer -> reader.equals(peer.reader()));
    }
    closeOldest(mine, newest, perUser, peer -> true);
  }

  private static void closeOldest(
      List<Peer> mine, Peer newest, int atMost, Predicate<Peer> concerned) {
    List<Peer> those = mine.stream().filter(Peer::open).filter(concerned).toList();
    if (those.size() > atMost) {
      those.stream()
          .filter(peer -> peer != newest)
          // Asked once for each: it changes with every frame, and a sort must not see that.
          .map(peer -> Map.entry(peer.silentSinceNanos(), peer))
          .sorted(Map.Entry.comparingByKey())
          .limit(those.size() - atMost)
          .forEach(silence -> silence.getValue().close(CloseReason.TAKEN_OVER));
    }
  }
}
