package dev.crossfade.http.chat;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.http.Routes;
import dev.crossfade.http.poll.Holding;
import dev.crossfade.http.poll.LongPoll;
import dev.crossfade.http.poll.Waiting;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Encoded;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Page;
import dev.crossfade.message.Place;
import dev.crossfade.message.Presence;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.FrameCodec;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Query;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The polling API: send, read, wait, read history. */
public final class MessageRoutes {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.message");

  private final MessageService service;
  private final Holding holding;
  private final SendLimits sendLimits;
  private final Presence presence;
  private final Devices devices;
  private final Rollout rollout;
  private final Meters meters;

  public MessageRoutes(
      MessageService service,
      Holding holding,
      SendLimits sendLimits,
      Presence presence,
      Devices devices,
      Rollout rollout,
      Meters meters) {
    this.service = service;
    this.holding = holding;
    this.sendLimits = sendLimits;
    this.presence = presence;
    this.devices = devices;
    this.rollout = rollout;
    this.meters = meters;
  }

  public void addTo(Routes routes) {
    routes.on("POST", "/messages", this::post).on("GET", "/messages", this::get);
  }

  private void post(Call call) throws IOException {
    Caller caller = call.caller();
    sendLimits.take(caller, call.address());
    Draft draft = FrameCodec.draft(call.json());
    LateAnswer answer = call.suspend();
    service
        .post(caller, draft, posted -> {})
        .whenComplete(
            (posted, failure) ->
                answer.send(
                    failure == null
                        ? answer(caller, posted)
                        : Answer.refusal(ProblemMapper.refusal(failure), call.language())));
  }

  private void get(Call call) throws IOException {
    Caller caller = call.caller();
    Query query = call.query();
    long conversation = query.requiredNumber("session_id");
    int limit = limit(query);
    Long before = query.cursor("before");
    String instance = query.identifier("instance");
    Client client = call.client(query);
    presence.polled(caller);
    devices.seen(caller, query.identifier("client_id"));
    rollout.observations().identified(client, caller.userId(), call.address());
    try {
      if (before == null) {
        after(call, limit, instance);
      } else {
        call.requireAnswerRoom();
        var page = service.history(caller, conversation, before, limit);
        call.suspend().send(holding.withTransport(page(conversation, page), client));
      }
    } catch (ChatException refusal) {
      call.answer(holding.refusal(refusal, call, client));
    }
  }

  private void after(Call call, int limit, String instance) throws IOException {
    Query query = call.query();
    Place place = place(query);
    Duration wait = Waiting.asked(query);
    if (wait.isZero()) {
      shortPoll(call, place, limit);
    } else {
      call.requireAnswerRoom();
      LongPoll poll = new LongPoll(call, holding, place, service.epoch());
      String about = instance == null ? "messages" : "" + place.conversation();
      holding.hold(poll, about, wait, peer -> peer.join(place, limit));
    }
  }

  /** Where a poller wants to go on; throws what is wrong with the query. */
  private static Place place(Query query) {
    Long after = query.cursor("after");
    return new Place(
        query.requiredNumber("session_id"),
        after == null ? Long.valueOf(0) : after,
        query.text("epoch"),
        query.identifier("client_id"));
  }

  /** What finds nothing is answered at once, and needs no room: nearly every poll is one. */
  private void shortPoll(Call call, Place place, int limit) throws IOException {
    Client client = call.client(call.query());
    Optional<Page> nothing = service.nothingNew(call.caller(), place);
    if (nothing.isPresent()) {
      call.quiet();
      call.answer(holding.withTransport(page(place.conversation(), nothing.get()), client));
      return;
    }
    call.requireAnswerRoom();
    Page page = service.read(call.caller(), place, limit);
    if (!page.messages().isEmpty()) {
      meters.delivered(Transport.POLLING, page.messages().size());
      if (place.after() > 0) {
        Instant committed = page.messages().get(0).message().createdAt();
        meters.waited(Transport.POLLING, rollout.observations().delivered(client, committed));
      }
    }
    call.suspend().send(holding.withTransport(page(place.conversation(), page), client));
  }

  private Answer page(long conversation, Page page) {
    var messages = page.messages().stream().map(Encoded::json).iterator();
    return Answer.json(
        200, MessageJson.page(conversation, service.epoch(), messages, page.cursor(), page.head()));
  }

  private Answer answer(Caller caller, Posted posted) {
    Message message = posted.message();
    if (!posted.duplicate()) {
      meters.accepted(Transport.POLLING);
      LOG.debug(
          "message: conversation {} seq {} from {} over polling",
          message.conversation(),
          message.seq(),
          caller.userId());
    }
    return Answer.json(
        posted.duplicate() ? 200 : 201,
        g -> {
          g.writeFieldName("message");
          g.writeRawValue(MessageJson.message(message));
          if (posted.duplicate()) {
            g.writeBooleanField("duplicate", true);
          }
        });
  }

  private static int limit(Query query) {
    Long limit = query.number("limit");
    if (limit == null) {
      return MessageService.MAX_BATCH;
    }
    if (limit == 0) {
      throw ChatException.badParameter("limit");
    }
    return (int) Math.min(limit, MessageService.MAX_BATCH);
  }
}
