package dev.crossfade.http.chat;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.EntityTag;
import dev.crossfade.http.Routes;
import dev.crossfade.http.poll.Holding;
import dev.crossfade.http.poll.ListPoll;
import dev.crossfade.http.poll.Waiting;
import dev.crossfade.message.ConversationLists;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Text;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.store.ConversationStore.Listed;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Query;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/** Conversations: open, list, wait for a change of the list, read, close, reopen, assign. */
@Path("sessions")
public final class SessionsResource {

  private static final int MAX_SUBJECT_CHARS = 400;
  private static final int MAX_PAGE_CHARS = 2_000;

  private final MessageService service;
  private final ConversationLists lists;
  private final Holding holding;
  private final Presence presence;

  public SessionsResource(
      MessageService service, ConversationLists lists, Holding holding, Presence presence) {
    this.service = service;
    this.lists = lists;
    this.holding = holding;
    this.presence = presence;
  }

  /** The two that every client needs; the others are for agents. */
  public void addTo(Routes routes) {
    routes.on("POST", "/sessions", this::open).on("GET", "/sessions", this::list);
  }

  private void open(Call call) throws IOException {
    Caller caller = call.caller();
    Fields fields = call.json();
    String subject = Text.label("subject", fields.text("subject"), MAX_SUBJECT_CHARS);
    var opened = service.open(caller, subject, page(fields));
    Answer answer =
        Answer.json(
            opened.created() ? 201 : 200,
            MessageJson.conversation(opened.conversation(), service.epoch()));
    call.suspend().send(answer);
  }

  private void list(Call call) throws IOException {
    Caller caller = call.caller();
    Query query = call.query();
    Boolean open = open(query);
    Client client = call.client(query);
    String known = condition(call);
    Duration wait = Waiting.asked(query);
    presence.polled(caller);
    if (known == null || wait.isZero()) {
      call.suspend().send(holding.withTransport(now(call, open, known), client));
    } else {
      ListPoll poll = new ListPoll(call, holding, known, this::version);
      holding.hold(poll, "sessions", wait, peer -> poll.listen(lists, open));
    }
  }

  @GET
  @Path("{id}")
  public Response get(@Context ContainerRequestContext context, @PathParam("id") String id) {
    return session(200, service.find(Call.of(context).caller(), Call.id(id)));
  }

  @POST
  @Path("{id}/close")
  public Response close(@Context ContainerRequestContext context, @PathParam("id") String id) {
    return session(200, service.close(Call.of(context).staff(), Call.id(id)));
  }

  @POST
  @Path("{id}/reopen")
  public Response reopen(@Context ContainerRequestContext context, @PathParam("id") String id) {
    return session(200, service.reopen(Call.of(context).staff(), Call.id(id)));
  }

  @POST
  @Path("{id}/assign")
  public Response assign(
      @Context ContainerRequestContext context, @PathParam("id") String id, InputStream body) {
    Call call = Call.of(context);
    Caller caller = call.staff();
    String agent = call.json(body).requiredIdentifier("agent_id");
    return session(200, service.assign(caller, Call.id(id), agent));
  }

  private Response session(int status, Conversation conversation) {
    return Answers.json(status, MessageJson.conversation(conversation, service.epoch()));
  }

  private Answer now(Call call, Boolean open, String known) {
    ListPoll.Version version = version(lists.now(call.caller(), open));
    if (EntityTag.matches(known, version.etag())) {
      call.quiet();
      return ListPoll.unchanged(version.etag());
    }
    return ListPoll.answer(version);
  }

  private ListPoll.Version version(List<Listed> list) {
    String body = MessageJson.list(list, service.epoch());
    UUID digest = UUID.nameUUIDFromBytes(body.getBytes(StandardCharsets.UTF_8));
    return new ListPoll.Version("\"" + digest + "\"", body);
  }

  /** The value of {@code If-None-Match}, from all its lines; null if absent. */
  private static String condition(Call call) {
    List<String> lines = Collections.list(call.request().getHeaders("If-None-Match"));
    return lines.isEmpty() ? null : String.join(",", lines);
  }

  /** The filter by state; null for open and closed. */
  private static Boolean open(Query query) {
    String status = query.text("status");
    if (status == null || status.equals("all")) {
      return null;
    }
    return switch (status) {
      case "open" -> Boolean.TRUE;
      case "closed" -> Boolean.FALSE;
      default -> throw ChatException.badParameter("status");
    };
  }

  /** The visitor's page, or null; only URLs that are safe as links. */
  private static String page(Fields fields) {
    String page = Text.label("page", fields.text("page"), MAX_PAGE_CHARS);
    if (page != null && !page.startsWith("https://") && !page.startsWith("http://")) {
      throw ChatException.badParameter("page");
    }
    return page;
  }
}
