package dev.crossfade.message;

import dev.crossfade.model.MessageStatus;
import java.util.List;

/**
 * What a conversation was read from the store last, for others who are as far behind: a crowd that
 * falls behind the {@link Tail} together reads each part once, not once each, and so can catch up.
 * Holds one batch at most. Safe for many threads.
 */
final class LastRead {

  private List<Encoded> messages = List.of();
  private long marks;
  private long markedUpTo;

  /** The {@code limit} messages after {@code place}; null if they are not all here. */
  synchronized List<Encoded> after(long place, int limit) {
    if (!covers(place, limit)) {
      return null;
    }
    int from = (int) (place + 1 - messages.get(0).seq());
    return messages.subList(from, from + limit);
  }

  /** Never a part: who asked for a hundred takes less for the end. */
  synchronized boolean covers(long place, int limit) {
    return !messages.isEmpty()
        && place >= messages.get(0).seq() - 1
        && place + limit <= messages.get(messages.size() - 1).seq();
  }

  /** How often a mark was raised. */
  synchronized long marks() {
    return marks;
  }

  /** Keeps what was read, unless it may have missed a mark that was raised meanwhile. */
  synchronized void keep(List<Encoded> read, long marksBefore) {
    if (!read.isEmpty() && (marks == marksBefore || markedUpTo < read.get(0).seq())) {
      messages = read;
    }
  }

  /** A reader got as far as {@code seq}: whoever asks later shall see it. */
  synchronized void mark(String reader, long seq, MessageStatus status) {
    marks++;
    markedUpTo = Math.max(markedUpTo, seq);
    if (!messages.isEmpty() && messages.get(0).seq() <= seq) {
      messages = messages.stream().map(one -> one.marked(reader, seq, status)).toList();
    }
  }
}
