package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import java.util.List;

/**
 * What a transport gives us: somebody who wants the messages of a conversation. The methods are
 * called on delivery threads, for one subscription never by two at once.
 */
public interface Subscriber {

  Caller caller();

  Transport transport();

  /**
   * Whether a batch may be handed over now. Who answers false calls {@link Subscription#signal()}
   * when it can take more; until then it costs nothing.
   */
  boolean ready();

  /**
   * Takes a batch, seq ascending without a gap; never empty. May block only as long as a short
   * write to a socket buffer does.
   *
   * @param head the highest seq known of the conversation
   */
  void deliver(Subscription subscription, List<Encoded> batch, long head);

  /** Hears of an event; must not block. */
  default void hear(Event event) {}

  /** Reading failed for now; the subscription stands and is tried again with the next sweep. */
  default void stalled(ChatException refusal) {}
}
