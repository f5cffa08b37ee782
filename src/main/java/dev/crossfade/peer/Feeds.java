package dev.crossfade.peer;

import dev.crossfade.message.MessageService;
import dev.crossfade.message.Place;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.wire.Reply;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The conversations that one peer has joined, and which of them wait for room in its pipe. */
final class Feeds {

  /** Conversations that one peer may have joined. */
  static final int MAX_JOINED = 500;

  private final Peer peer;
  private final Map<Long, Feed> feeds = new ConcurrentHashMap<>();
  private final Set<Feed> turnedAway = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private Long lastJoined;

  Feeds(Peer peer) {
    this.peer = peer;
  }

  /** Listens from that place on. Blocks for a look into the store; throws what is refused. */
  void join(MessageService service, Place place, int batchLimit) {
    Feed older = feeds.get(place.conversation());
    if (older == null && feeds.size() >= MAX_JOINED) {
      throw new ChatException(Problem.RATE_LIMITED);
    }
    boolean fromStart = place.after() != null && place.after() == 0;
    Feed feed = new Feed(peer);
    feed.subscribed(
        service.subscribe(
            peer.caller(),
            place,
            batchLimit,
            feed,
            joined -> {
              // From here on the older place is void: no message of it may follow.
              if (older != null) {
                older.end();
              }
              feed.joined(joined, fromStart);
              peer.pipe()
                  .send(new Reply.Joined(joined.conversation(), joined.head(), service.epoch()));
            }));
    feeds.put(place.conversation(), feed);
    lastJoined = place.conversation();
    if (closed) {
      feed.end();
    }
    // The pipe may have had room again before the feed was entered, and called nobody.
    feed.signal();
  }

  /** {@code conversation} null for the one that was joined last. Answers which it was, or null. */
  Long leave(Long conversation) {
    Long which = conversation == null ? lastJoined : conversation;
    Feed feed = which == null ? null : feeds.remove(which);
    if (feed != null) {
      feed.end();
    }
    return which;
  }

  /** Entered first, then asked: else room that comes between the two would call nobody. */
  boolean reserve(Feed feed) {
    turnedAway.add(feed);
    boolean reserved = peer.pipe().reserve();
    if (reserved) {
      turnedAway.remove(feed);
    }
    return reserved;
  }

  /** The pipe has room: those that were turned away ask again. */
  void roomAgain() {
    for (Feed feed : turnedAway) {
      if (turnedAway.remove(feed)) {
        feed.signal();
      }
    }
  }

  void end() {
    closed = true;
    feeds.values().forEach(Feed::end);
    feeds.clear();
    turnedAway.clear();
  }
}
