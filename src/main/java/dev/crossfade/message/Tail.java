package dev.crossfade.message;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The newest messages of a live conversation, already encoded, so that a message that was just
 * written is not read back once per listener. Without gaps; may be empty at any time, the store
 * stands behind it. Safe for many threads.
 */
final class Tail {

  /** Enough for what arrives while one write is under way; beyond it the store is read. */
  static final int MAX_MESSAGES = 64;

  private final Function<Message, String> encoder;
  private final List<Encoded> messages = new ArrayList<>();
  private long marks;

  Tail(Function<Message, String> encoder) {
    this.encoder = encoder;
  }

  synchronized void append(Message message) {
    if (!messages.isEmpty() && message.seq() != last() + 1) {
      if (message.seq() <= last()) {
        // Somebody has read it from the store meanwhile.
        return;
      }
      messages.clear();
    }
    add(new Encoded(message, encoder));
  }

  /**
   * What was read from the store, seq ascending without a gap, for those who ask next. Not taken if
   * it ends before the tail does, or if a mark was raised since {@code marksBefore}, which it may
   * have missed.
   */
  synchronized void fill(List<Encoded> read, long marksBefore) {
    if (read.isEmpty() || marks != marksBefore) {
      return;
    }
    if (messages.isEmpty() || read.get(read.size() - 1).seq() > last()) {
      messages.clear();
      read.forEach(this::add);
    }
  }

  /** How often a mark was raised. */
  synchronized long marks() {
    return marks;
  }

  /**
   * Whether it holds what comes after {@code place}, up to {@code limit} or {@code head}. It may
   * end below the head: it is filled after the sender was answered, and it misses what another node
   * wrote. A reader who asks after the answer must not be given less than was answered.
   */
  synchronized boolean covers(long place, int limit, long head) {
    return !messages.isEmpty()
        && place >= messages.get(0).seq() - 1
        && place < last()
        && (last() >= head || last() - place >= limit);
  }

  /** Messages after {@code place}, or null if it does not cover them. */
  synchronized List<Encoded> after(long place, int limit, long head) {
    if (!covers(place, limit, head)) {
      return null;
    }
    int from = (int) (place + 1 - messages.get(0).seq());
    return List.copyOf(messages.subList(from, Math.min(messages.size(), from + limit)));
  }

  /** A reader got as far as {@code seq}: whoever asks later shall see it. */
  synchronized void mark(String reader, long seq, MessageStatus status) {
    marks++;
    messages.replaceAll(encoded -> encoded.marked(reader, seq, status));
  }

  private void add(Encoded encoded) {
    messages.add(encoded);
    if (messages.size() > MAX_MESSAGES) {
      messages.remove(0);
    }
  }

  private long last() {
    return messages.get(messages.size() - 1).seq();
  }
}
