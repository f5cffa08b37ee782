package dev.crossfade.http.chat;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.http.poll.HeldPolls;
import dev.crossfade.http.poll.LongPoll;
import dev.crossfade.http.poll.Waiting;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.message.Devices;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.FrameCodec;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Query;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The polling API: send, ask, wait, look back. */
@Path("messages")
public final class MessagesResource {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.message");

  private final MessageService service;
  private final HeldPolls polls;
  private final SendLimits sendLimits;
  private final Presence presence;
  private final Devices devices;
  private final Meters meters;
  private final Executor delivery;
  private final ScheduledExecutorService scheduler;
  private final Clock clock;

  public MessagesResource(
      MessageService service,
      HeldPolls polls,
      SendLimits sendLimits,
      Presence presence,
      Devices devices,
      Meters meters,
      Executor delivery,
      ScheduledExecutorService scheduler,
      Clock clock) {
    this.service = service;
    this.polls = polls;
    this.sendLimits = sendLimits;
    this.presence = presence;
    this.devices = devices;
    this.meters = meters;
    this.delivery = delivery;
    this.scheduler = scheduler;
    this.clock = clock;
  }

  @POST
  public void post(
      @Context ContainerRequestContext context,
      InputStream body,
      @Suspended AsyncResponse response) {
    Call call = Call.of(context);
    Caller caller = call.caller();
    sendLimits.take(caller, call.address());
    // The answer is written elsewhere: the journal's thread must not wait for a slow client.
    service
        .post(caller, FrameCodec.draft(call.json(body)), posted -> {})
        .whenCompleteAsync(
            (posted, failure) ->
                response.resume(
                    failure == null
                        ? answer(caller, posted)
                        : Answers.refusal(ProblemMapper.refusal(failure), call.language())),
            delivery);
  }

  @GET
  public void get(@Context ContainerRequestContext context, @Suspended AsyncResponse response) {
    Call call = Call.of(context);
    Caller caller = call.caller();
    Query query = call.query();
    long conversation = query.requiredNumber("session_id");
    int limit = limit(query);
    Long before = query.cursor("before");
    String clientId = query.identifier("client_id");
    String instance = query.identifier("instance");
    Client client = call.client(query);
    presence.polled(caller);
    devices.seen(caller, clientId);
    try {
      if (before != null) {
        var page = service.history(caller, conversation, before, limit);
        response.resume(polls.withTransport(page(conversation, page), client));
        return;
      }
      Long after = query.cursor("after");
      var place =
          new MessageService.Place(
              conversation, after == null ? Long.valueOf(0) : after, query.text("epoch"), clientId);
      Duration wait = Waiting.asked(query);
      if (wait.isZero()) {
        shortPoll(call, client, place, limit, response);
      } else {
        LongPoll poll = new LongPoll(call, client, polls, response, place, service.epoch(), meters);
        hold(poll, call, place, limit, instance, wait);
      }
    } catch (ChatException refusal) {
      // A poll that is refused says too which transport to use.
      response.resume(polls.withTransport(Answers.refusal(refusal, call.language()), client));
    }
  }

  private void hold(
      LongPoll poll,
      Call call,
      MessageService.Place place,
      int limit,
      String instance,
      Duration wait) {
    String reader = call.caller().key() + (instance == null ? "" : "/" + place.conversation());
    polls.requireRoom(call.address());
    try {
      poll.until(wait, clock, scheduler);
      poll.listen(service, limit);
      polls.add(poll, reader, instance);
    } catch (ChatException refusal) {
      poll.refuse(refusal);
    } catch (RuntimeException unexpected) {
      poll.refuse(ProblemMapper.refusal(unexpected));
    }
  }

  private void shortPoll(
      Call call, Client client, MessageService.Place place, int limit, AsyncResponse response) {
    var page = service.read(call.caller(), place, limit);
    if (page.messages().isEmpty()) {
      call.quiet();
    } else {
      meters.delivered(Transport.POLLING, page.messages().size());
      polls.delivered(client, place.after(), page.messages().get(0).createdAt());
    }
    response.resume(polls.withTransport(page(place.conversation(), page), client));
  }

  private Response page(long conversation, MessageService.Page page) {
    var messages = page.messages().stream().map(MessageJson::message).iterator();
    return Answers.json(
        200, MessageJson.page(conversation, service.epoch(), messages, page.cursor(), page.head()));
  }

  private Response answer(Caller caller, Posted posted) {
    Message message = posted.message();
    if (!posted.duplicate()) {
      meters.accepted(Transport.POLLING);
      LOG.info(
          "message: conversation {} seq {} from {} over polling",
          message.conversation(),
          message.seq(),
          caller.userId());
    }
    return Answers.json(
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
