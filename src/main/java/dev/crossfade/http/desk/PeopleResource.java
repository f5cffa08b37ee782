package dev.crossfade.http.desk;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.http.ProblemMapper;
import dev.crossfade.http.Routes;
import dev.crossfade.message.Listeners;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Text;
import dev.crossfade.model.Transport;
import dev.crossfade.peer.Population;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Online users and their transports, and a reply to a user on any transport. */
@Path("/")
public final class PeopleResource {

  /** A live listener takes a message within milliseconds; after a second it counts as gone. */
  private static final int REACH_TRIES = 40;

  private static final long REACH_EVERY_MS = 25;

  private final MessageService service;
  private final Presence presence;
  private final Population population;
  private final ScheduledExecutorService scheduler;
  private final Clock clock;

  public PeopleResource(
      MessageService service,
      Presence presence,
      Population population,
      ScheduledExecutorService scheduler,
      Clock clock) {
    this.service = service;
    this.presence = presence;
    this.population = population;
    this.scheduler = scheduler;
    this.clock = clock;
  }

  @GET
  @Path("presence")
  public Response online(@Context ContainerRequestContext context) {
    List<Presence.Online> online = presence.online(Call.of(context).staff().shopId());
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("online");
          for (Presence.Online one : online) {
            g.writeStartObject();
            g.writeObjectField("user_id", Json.userId(one.userId()));
            g.writeStringField("role", one.role().text());
            g.writeStringField("transport", one.transport().text());
            g.writeStringField("since", Json.time(one.since()));
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeNumberField("count", online.size());
        });
  }

  @GET
  @Path("stats/websocket")
  public Response stats(@Context ContainerRequestContext context) {
    List<Presence.Online> online = presence.online(Call.of(context).staff().shopId());
    long sockets = online.stream().filter(o -> o.transport() == Transport.WEBSOCKET).count();
    return Answers.json(
        200,
        g -> {
          g.writeNumberField("websocket", sockets);
          g.writeNumberField("polling", online.size() - sockets);
          g.writeNumberField("total", online.size());
          g.writeNumberField("held_polls", population.held());
          g.writeStringField("timestamp", Json.time(clock.instant()));
        });
  }

  public void addTo(Routes routes) {
    routes.on("POST", "/admin/reply", this::reply);
  }

  private void reply(Call call) throws IOException {
    Caller agent = call.staff();
    Fields fields = call.json();
    String userId = fields.requiredIdentifier("userId");
    String content = Text.content(fields.requiredText("message"));
    Conversation conversation = service.openFor(agent, userId);
    Draft draft = new Draft(conversation.id(), content, null, null, null);
    Listeners listeners = service.listeners(conversation.id(), userId);
    LateAnswer answer = call.suspend();
    service
        .post(agent, draft, posted -> {})
        .whenComplete(
            (posted, failure) -> {
              if (failure == null) {
                reached(answer, listeners, posted.message().seq(), REACH_TRIES);
              } else {
                answer.send(Answer.refusal(ProblemMapper.refusal(failure), call.language()));
              }
            });
  }

  /** Answers "pushed" only if a listener of that user took the message. */
  private void reached(LateAnswer answer, Listeners listeners, long seq, int triesLeft) {
    Optional<Transport> how = listeners.reached(seq);
    if (how.isPresent() || listeners.none() || triesLeft == 0) {
      answer.send(
          Answer.json(
              200,
              g -> {
                g.writeBooleanField("success", true);
                g.writeBooleanField("pushed", how.isPresent());
                g.writeStringField("method", how.map(Transport::text).orElse("offline"));
              }));
      return;
    }
    try {
      scheduler.schedule(
          () -> reached(answer, listeners, seq, triesLeft - 1),
          REACH_EVERY_MS,
          TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopping) {
      reached(answer, listeners, seq, 0);
    }
  }
}
