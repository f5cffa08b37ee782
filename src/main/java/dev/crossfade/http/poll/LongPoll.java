package dev.crossfade.http.poll;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.Place;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Reply;
import java.util.Collections;
import java.util.Iterator;

/** A held question for the messages after a cursor: takes one batch of one conversation. */
public final class LongPoll extends Held {

  private final Place place;
  private final String epoch;
  private volatile long head;

  public LongPoll(Call call, Holding holding, Place place, String epoch) {
    super(call, holding);
    this.place = place;
    this.epoch = epoch;
  }

  @Override
  public boolean deliver(Reply.Messages news) {
    long cursor = news.batch().get(news.batch().size() - 1).seq();
    return answer(page(news.batch().stream().map(Encoded::json).iterator(), cursor, news.head()));
  }

  @Override
  public void send(Reply reply) {
    if (reply instanceof Reply.Joined joined) {
      head = joined.head();
      looked();
    } else {
      super.send(reply);
    }
  }

  @Override
  Answer nothing() {
    return page(Collections.emptyIterator(), place.after(), head);
  }

  private Answer page(Iterator<String> messages, long cursor, long headNow) {
    return Answer.json(
        200,
        MessageJson.page(place.conversation(), epoch, messages, cursor, Math.max(headNow, cursor)));
  }
}
