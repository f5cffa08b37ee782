package dev.crossfade.wire;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Transport;
import java.util.List;

/** What the server says to one peer, before any dialect has given it a form. Immutable. */
public sealed interface Reply {

  /** The first word on a connection: how it is called and how often a sign of life comes. */
  record Connected(String connectionId, long heartbeatMs) implements Reply {}

  /** From now on batches travel as the peer asked for. */
  record Authenticated(Caller caller, Frame.Batch batch) implements Reply {}

  /** {@code resumed} if the place came from a mark and not from the client. */
  record Joined(long conversation, long head, String epoch) implements Reply {}

  /** {@code conversation} may be null: nothing was joined. */
  record Left(Long conversation) implements Reply {}

  record Acknowledged(Posted posted) implements Reply {}

  /**
   * Messages of one conversation, seq ascending without a gap; never empty.
   *
   * @param head the highest seq known
   * @param missedUpTo messages up to here came while the reader was away
   */
  record Messages(long conversation, List<Encoded> batch, long head, long missedUpTo)
      implements Reply {

    public boolean missed(Encoded message) {
      return message.seq() <= missedUpTo;
    }
  }

  record Happened(Event event) implements Reply {}

  /** Somebody of the shop came or went. */
  record Presence(String userId, boolean online) implements Reply {}

  /** So many came and went that only the count is said. */
  record PresenceCount(int online) implements Reply {}

  /** Change to this transport within that time, the new one first. */
  record Change(Transport use, long withinMs, String reason) implements Reply {}

  record Draining(long reconnectInMs) implements Reply {}

  /** {@code ref} is what the refused frame called itself, or null. */
  record Refused(ChatException refusal, String ref) implements Reply {}

  record Pong() implements Reply {}

  /** A sign of life, as the carrier gives it. */
  record Heartbeat() implements Reply {}
}
