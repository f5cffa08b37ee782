package dev.crossfade.http.poll;

import dev.crossfade.http.Call;
import dev.crossfade.http.EntryFilter;
import dev.crossfade.message.Devices;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Page;
import dev.crossfade.message.Place;
import dev.crossfade.message.Presence;
import dev.crossfade.model.ChatException;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Query;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Optional;

/**
 * Answers a short poll that finds nothing before it reaches the API: nearly every request of an old
 * widget is one, and routing it costs more than answering it. Whatever else it may be, a refusal
 * too, is left to the API, which answers an empty poll with the same bytes. Blocks only where a
 * conversation or a device was not asked about lately.
 */
public final class EmptyPollFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private final transient MessageService service;
  private final transient Presence presence;
  private final transient Devices devices;
  private final transient Rollout rollout;

  public EmptyPollFilter(
      MessageService service, Presence presence, Devices devices, Rollout rollout) {
    this.service = service;
    this.presence = presence;
    this.devices = devices;
    this.rollout = rollout;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Call call = Call.of(request);
    if (!request.getMethod().equals("GET") || !answered(call, response)) {
      chain.doFilter(request, response);
    }
  }

  private boolean answered(Call call, HttpServletResponse response) throws IOException {
    try {
      Query query = call.query();
      if (call.callerOrNull() == null
          || query.text("before") != null
          || query.text("limit") != null
          || !Waiting.asked(query).isZero()) {
        return false;
      }
      Client client = call.client(query);
      Place place = place(query);
      query.identifier("instance");
      Optional<Page> nothing = service.nothingNew(call.caller(), place);
      if (nothing.isEmpty()) {
        return false;
      }
      presence.polled(call.caller());
      devices.seen(call.caller(), place.clientId());
      write(response, client, place.conversation(), nothing.get());
      call.quiet();
      return true;
    } catch (ChatException refusal) {
      return false;
    }
  }

  /** Where a poller wants to go on; throws what is wrong with the query. */
  public static Place place(Query query) {
    Long after = query.cursor("after");
    return new Place(
        query.requiredNumber("session_id"),
        after == null ? Long.valueOf(0) : after,
        query.text("epoch"),
        query.identifier("client_id"));
  }

  private void write(HttpServletResponse response, Client client, long conversation, Page page)
      throws IOException {
    String json =
        MessageJson.page(
            conversation, service.epoch(), Collections.emptyIterator(), page.cursor(), page.head());
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    response.setHeader(EntryFilter.TRANSPORT_HEADER, rollout.choose(client).transport().text());
    response.setContentType(HttpRefusal.JSON);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
