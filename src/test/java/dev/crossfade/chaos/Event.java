package dev.crossfade.chaos;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;

/**
 * One line of a history: what a client did, what it saw, what was broken. Black box: only what
 * somebody outside the server can know. {@code at} is nanoseconds of one monotonic clock since the
 * run began, so the order of an answer and a later question is real, across clients.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Event.Began.class, name = "began"),
  @JsonSubTypes.Type(value = Event.Entitled.class, name = "entitled"),
  @JsonSubTypes.Type(value = Event.Invoked.class, name = "invoked"),
  @JsonSubTypes.Type(value = Event.Acked.class, name = "acked"),
  @JsonSubTypes.Type(value = Event.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = Event.Unknown.class, name = "unknown"),
  @JsonSubTypes.Type(value = Event.Asked.class, name = "asked"),
  @JsonSubTypes.Type(value = Event.Got.class, name = "got"),
  @JsonSubTypes.Type(value = Event.Told.class, name = "told"),
  @JsonSubTypes.Type(value = Event.Carried.class, name = "carried"),
  @JsonSubTypes.Type(value = Event.Advised.class, name = "advised"),
  @JsonSubTypes.Type(value = Event.Fault.class, name = "fault"),
  @JsonSubTypes.Type(value = Event.Healed.class, name = "healed"),
  @JsonSubTypes.Type(value = Event.Settled.class, name = "settled"),
  @JsonSubTypes.Type(value = Event.Ended.class, name = "ended")
})
sealed interface Event {

  String POLLING = "polling";
  String WEBSOCKET = "websocket";

  long at();

  /** The first line: what it takes to run the same again. */
  record Began(long at, long seed, Map<String, String> settings) implements Event {}

  /**
   * From now on this client reads these conversations, from their beginning; it may see no others.
   *
   * @param prompt whether it reads as fast as it can, so that its waiting says something about the
   *     server
   */
  record Entitled(
      long at, String client, String user, String kind, boolean prompt, List<Long> conversations)
      implements Event {}

  /** A send begins; {@code hash} is of the content. The same id again is a repeat. */
  record Invoked(long at, String client, String transport, long conversation, String id, int hash)
      implements Event {}

  record Acked(
      long at,
      String client,
      String transport,
      long conversation,
      String id,
      long seq,
      boolean duplicate)
      implements Event {}

  /** A definite no: it is not stored. */
  record Refused(
      long at, String client, String transport, long conversation, String id, String code)
      implements Event {}

  /** Nobody said what became of it. */
  record Unknown(long at, String client, String transport, long conversation, String id, String why)
      implements Event {}

  /**
   * A question for what comes after {@code cursor}: one poll, or one join of a socket.
   *
   * @param line names the question; everything that answers it carries the same
   * @param limit the most messages that one answer holds; 0 for a join, which streams
   * @param last whether it is one of the reads from the beginning after everything has healed
   */
  record Asked(
      long at,
      String client,
      String transport,
      long conversation,
      long line,
      long cursor,
      int limit,
      boolean last)
      implements Event {}

  /**
   * An answer to a question, or a piece of a stream.
   *
   * @param head what the server said the conversation reaches to, or -1
   * @param epoch what the server said, or null
   * @param expiresAt when the identity that asked ends, on this clock
   * @param full whether the answer may have ended because of its size
   */
  record Got(
      long at,
      String client,
      String transport,
      long conversation,
      long line,
      long head,
      String epoch,
      long expiresAt,
      List<Seen> messages,
      boolean full)
      implements Event {

    Got(
        long at,
        String client,
        String transport,
        long conversation,
        long line,
        long head,
        String epoch,
        long expiresAt,
        List<Seen> messages) {
      this(at, client, transport, conversation, line, head, epoch, expiresAt, messages, false);
    }
  }

  /** A question was refused. */
  record Told(
      long at,
      String client,
      String transport,
      long conversation,
      long line,
      String code,
      long head)
      implements Event {}

  /** What carries this client's news from now on: polling, websocket, both, nothing. */
  record Carried(long at, String client, String by) implements Event {}

  /** What the toggle said to a client that asked. */
  record Advised(
      long at, String client, long revision, double percentage, String transport, String reason)
      implements Event {}

  record Fault(long at, String name) implements Event {}

  /**
   * The fault is over.
   *
   * @param effect how often it was seen to bite: connections cut, processes dead, requests refused
   */
  record Healed(long at, String name, long effect) implements Event {}

  /** No more faults and no more sends; the last reads follow. */
  record Settled(long at) implements Event {}

  /** The last line, with how many came before it. */
  record Ended(long at, long events) implements Event {}

  /** A message as a reader saw it. */
  record Seen(long seq, String id, String sender, int hash) {}
}
