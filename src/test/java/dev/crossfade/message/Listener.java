package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Role;
import dev.crossfade.model.Transport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A subscriber that is ready when the test says so, and keeps all that it is given. */
final class Listener implements Subscriber {

  private final Caller caller =
      new Caller("agent", "demo", Role.AGENT, null, Instant.MIN, null, Instant.MAX);

  /** Every seq, in the order in which it came. */
  final List<Long> seen = new ArrayList<>();

  final List<Integer> batches = new ArrayList<>();
  final List<ChatException> stalls = new ArrayList<>();
  boolean ready = true;

  /** What happens elsewhere just after it said that it is not ready, once. */
  Runnable turnedAway = () -> {};

  final List<Event> events = new ArrayList<>();
  int asked;

  /** Whether it keeps room for a batch. */
  boolean reserved;

  /** Whether it has ended, and takes nothing that comes after. */
  boolean over;

  /** What happens elsewhere while a batch is handed over, once. */
  Runnable meanwhile = () -> {};

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public Transport transport() {
    return Transport.POLLING;
  }

  @Override
  public boolean reserve() {
    asked++;
    assertThat(reserved).as("one permit at a time").isFalse();
    reserved = ready;
    if (!reserved) {
      Runnable now = turnedAway;
      turnedAway = () -> {};
      now.run();
    }
    return reserved;
  }

  @Override
  public void cancel() {
    assertThat(reserved).isTrue();
    reserved = false;
  }

  @Override
  public boolean deliver(Subscription subscription, List<Encoded> batch, long head) {
    assertThat(reserved).as("nothing without a permit").isTrue();
    Runnable now = meanwhile;
    meanwhile = () -> {};
    now.run();
    reserved = false;
    if (over) {
      return false;
    }
    batch.forEach(one -> seen.add(one.seq()));
    batches.add(batch.size());
    return true;
  }

  @Override
  public void hear(Event event) {
    events.add(event);
  }

  @Override
  public void stalled(ChatException refusal) {
    stalls.add(refusal);
  }
}
