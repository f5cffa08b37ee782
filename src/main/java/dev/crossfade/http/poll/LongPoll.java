package dev.crossfade.http.poll;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.Place;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Reply;
import jakarta.ws.rs.core.Response;
import java.util.Collections;
import java.util.Iterator;

/** A held question for the messages after a cursor: takes one batch of one conversation. */
public final class LongPoll extends Held {

  private final Place place;
  private final String epoch;
  private volatile long head;

  public LongPoll(Call call, Holding holding, LateAnswer answer, Place place, String epoch) {
    super(call, holding, answer);
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
  Response nothing() {
    return page(Collections.emptyIterator(), place.after(), head);
  }

  private Response page(Iterator<String> messages, long cursor, long headNow) {
    return Answers.json(
        200,
        MessageJson.page(place.conversation(), epoch, messages, cursor, Math.max(headNow, cursor)));
  }
}
