package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import java.util.List;

/**
 * Somebody who wants the messages of a conversation. Unless it says otherwise, a method is called
 * on delivery threads, for one subscription never by two at once, and must not block.
 */
public interface Subscriber {

  Caller caller();

  Transport transport();

  /**
   * Reserves room for one batch. After true comes exactly one {@link #deliver} or {@link #cancel}.
   * A subscriber that answers false calls {@link Subscription#signal()} when it has room; until
   * then it costs nothing.
   */
  boolean reserve();

  /** How many characters of JSON the next batch may have; one message may have more. */
  default int maxChars() {
    return Batch.MAX_CHARS;
  }

  /** There was nothing to deliver: the room is free again. */
  void cancel();

  /**
   * Takes a batch into the room that was reserved. False if this subscriber was over before: the
   * batch reached nobody, and nothing more is offered.
   *
   * @param batch seq ascending without a gap; never empty
   * @param head the highest seq known of the conversation
   */
  boolean deliver(Subscription subscription, List<Encoded> batch, long head);

  /** Hears of an event, on any thread. */
  default void hear(Event event) {}

  /** Reading failed for now; the subscription stands and is tried again with the next sweep. */
  default void stalled(ChatException refusal) {}
}
