package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Subscriber;
import dev.crossfade.message.Subscription;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.MessageJson;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.util.Collections;
import java.util.List;

/** One held question for the messages after a cursor: a subscription that takes one batch. */
public final class LongPoll extends Held implements Subscriber {

  private final MessageService.Place place;
  private final String epoch;
  private final Meters meters;
  private volatile Subscription subscription;
  private volatile long head;

  public LongPoll(
      Call call,
      Client client,
      HeldPolls polls,
      AsyncResponse response,
      MessageService.Place place,
      String epoch,
      Meters meters) {
    super(call, client, polls, response);
    this.place = place;
    this.epoch = epoch;
    this.meters = meters;
  }

  /** Blocks for one look into the store; throws what the service refuses. */
  public void listen(MessageService service, int limit) {
    Subscription made = service.subscribe(caller(), place, limit, this, this::joined);
    subscription = made;
    if (!open()) {
      made.close();
    }
  }

  private void joined(MessageService.Joined joined) {
    head = joined.head();
    looked();
  }

  @Override
  public Caller caller() {
    return call.caller();
  }

  @Override
  public Transport transport() {
    return Transport.POLLING;
  }

  @Override
  public boolean ready() {
    return open();
  }

  @Override
  public void deliver(Subscription from, List<Encoded> batch, long headNow) {
    if (claim()) {
      meters.delivered(Transport.POLLING, batch.size());
      polls.delivered(client, place.after(), batch.get(0).message().createdAt());
      long cursor = batch.get(batch.size() - 1).seq();
      var messages = batch.stream().map(Encoded::json).iterator();
      send(
          Answers.json(
              200,
              MessageJson.page(
                  place.conversation(), epoch, messages, cursor, Math.max(headNow, cursor))));
    }
  }

  @Override
  public void stalled(ChatException refusal) {
    refuse(refusal);
  }

  @Override
  Response nothing() {
    return Answers.json(
        200,
        MessageJson.page(
            place.conversation(),
            epoch,
            Collections.emptyIterator(),
            place.after(),
            Math.max(head, place.after())));
  }

  @Override
  void ended() {
    Subscription made = subscription;
    if (made != null) {
      made.close();
    }
  }
}
