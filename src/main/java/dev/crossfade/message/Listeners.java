package dev.crossfade.message;

import dev.crossfade.model.Transport;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Listeners of one user, and what has reached them. */
public record Listeners(List<Subscription> subscriptions) {

  public boolean none() {
    return subscriptions.isEmpty();
  }

  /** Over the best transport on which one of them has taken the message with this seq, so far. */
  public Optional<Transport> reached(long seq) {
    return subscriptions.stream()
        .filter(one -> one.place() >= seq)
        .map(one -> one.subscriber().transport())
        .max(Comparator.naturalOrder());
  }
}
