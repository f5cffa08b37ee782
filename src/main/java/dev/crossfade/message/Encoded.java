package dev.crossfade.message;

import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import java.util.function.Function;

/**
 * A message and its one JSON form, made at first use and shared by all who send it on. Safe for
 * many threads.
 */
public final class Encoded {

  private final Message message;
  private final Function<Message, String> encoder;
  private volatile String json;

  public Encoded(Message message, Function<Message, String> encoder) {
    this.message = message;
    this.encoder = encoder;
  }

  /** The same after a reader's mark was raised. */
  Encoded marked(String reader, long seq, MessageStatus status) {
    boolean raises =
        message.seq() <= seq
            && message.status().compareTo(status) < 0
            && !message.senderId().equals(reader);
    return raises ? new Encoded(message.withStatus(status), encoder) : this;
  }

  public Message message() {
    return message;
  }

  public long seq() {
    return message.seq();
  }

  public String json() {
    String made = json;
    if (made == null) {
      made = encoder.apply(message);
      json = made;
    }
    return made;
  }
}
