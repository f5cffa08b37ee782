package dev.crossfade.wire;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Transport;
import java.util.List;

/** A message from the server to one peer, independent of the dialect. Immutable. */
public sealed interface Reply {

  /** The first reply on a connection: its id and the heartbeat interval. */
  record Connected(String connectionId, long heartbeatMs) implements Reply {}

  /** From now on batches are sent as the peer asked for. */
  record Authenticated(Caller caller, Frame.Batch batch) implements Reply {}

  /** A conversation was joined. */
  record Joined(long conversation, long head, String epoch) implements Reply {}

  /** {@code conversation} is null if nothing was joined. */
  record Left(Long conversation) implements Reply {}

  record Acknowledged(Posted posted) implements Reply {}

  /**
   * Messages of one conversation with consecutive seq; never empty.
   *
   * @param head the highest seq known
   * @param missedUpTo messages up to this seq came while the reader was away
   */
  record Messages(long conversation, List<Encoded> batch, long head, long missedUpTo)
      implements Reply {

    public boolean missed(Encoded message) {
      return message.seq() <= missedUpTo;
    }
  }

  record Happened(Event event) implements Reply {}

  /** A user of the shop came online or went offline. */
  record Presence(String userId, boolean online) implements Reply {}

  /** Sent instead of {@link Presence} when there are too many changes. */
  record PresenceCount(int online) implements Reply {}

  /** Asks the client to change transport within a time, opening the new one first. */
  record Change(Transport use, long withinMs, String reason) implements Reply {}

  record Draining(long reconnectInMs) implements Reply {}

  /** {@code ref} is the reference of the refused frame, or null. */
  record Refused(ChatException refusal, String ref) implements Reply {}

  record Pong() implements Reply {}

  /** A heartbeat in the form of the transport. */
  record Heartbeat() implements Reply {}
}
