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

  Tail(Function<Message, String> encoder) {
    this.encoder = encoder;
  }

  synchronized void append(Message message) {
    if (!messages.isEmpty() && message.seq() != last() + 1) {
      messages.clear();
    }
    messages.add(new Encoded(message, encoder));
    if (messages.size() > MAX_MESSAGES) {
      messages.remove(0);
    }
  }

  /** Messages after {@code place}, or null where the tail does not hold the next one. */
  synchronized List<Encoded> after(long place, int limit) {
    if (messages.isEmpty() || place < messages.get(0).seq() - 1 || place >= last()) {
      return null;
    }
    int from = (int) (place + 1 - messages.get(0).seq());
    return List.copyOf(messages.subList(from, Math.min(messages.size(), from + limit)));
  }

  /** A reader got as far as {@code seq}: who asks later shall see it. */
  synchronized void mark(String reader, long seq, MessageStatus status) {
    messages.replaceAll(
        encoded -> {
          Message message = encoded.message();
          boolean raises =
              message.seq() <= seq
                  && message.status().compareTo(status) < 0
                  && !message.senderId().equals(reader);
          return raises ? new Encoded(message.withStatus(status), encoder) : encoded;
        });
  }

  private long last() {
    return messages.get(messages.size() - 1).seq();
  }
}
