package dev.crossfade.websocket;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.Tickets;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Problem;
import dev.crossfade.peer.Visit;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.Query;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Judges a handshake before Tomcat upgrades it: is WebSocket served, is there room, who is it, from
 * which page. A servlet filter, because a security constraint on a WebSocket path was bypassable in
 * Tomcat up to 10.1.59 (CVE-2026-76183), and because only a filter can answer with a status.
 */
public final class HandshakeFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  private final transient Authenticator authenticator;
  private final transient Tickets tickets;
  private final transient Rollout rollout;
  private final transient Consumer<String> room;
  private final Language language;

  /** {@code room} throws what refuses one more socket from an address. */
  public HandshakeFilter(
      Authenticator authenticator,
      Tickets tickets,
      Rollout rollout,
      Consumer<String> room,
      Language language) {
    this.authenticator = authenticator;
    this.tickets = tickets;
    this.rollout = rollout;
    this.room = room;
    this.language = language;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    try {
      Visitor visitor = new Visitor(visit(request, response));
      chain.doFilter(
          new HttpServletRequestWrapper(request) {
            @Override
            public Principal getUserPrincipal() {
              return visitor;
            }
          },
          response);
    } catch (ChatException refusal) {
      HttpRefusal.write(
          response, refusal, Language.preferred(request.getHeader("Accept-Language"), language));
    }
  }

  private Visit visit(HttpServletRequest request, HttpServletResponse response) {
    if (!request.getMethod().equals("GET")) {
      response.setHeader("Allow", "GET");
      throw new ChatException(Problem.METHOD_NOT_ALLOWED);
    }
    if (!"websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
      response.setHeader("Upgrade", "websocket");
      throw new ChatException(Problem.UPGRADE_REQUIRED);
    }
    if (!rollout.serving()) {
      response.setHeader("X-Crossfade-Transport", "polling");
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", 60);
    }
    room.accept(request.getRemoteAddr());
    Query query = Query.of(request.getQueryString());
    Caller caller = caller(request, query);
    Optional<String> origin = authenticator.origin(request);
    String self = Authenticator.self(request);
    if (origin.isPresent() && !authenticator.welcome(origin.get(), self, caller)) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    return new Visit(
        caller,
        origin.orElse(null),
        self,
        query.identifier("client_id"),
        query.identifier("version"),
        query.identifier("platform"),
        request.getRemoteAddr());
  }

  private Caller caller(HttpServletRequest request, Query query) {
    String ticket = query.text("ticket");
    Optional<String> token = authenticator.bearer(request);
    if (ticket != null && token.isPresent()) {
      throw ChatException.badParameter("ticket");
    }
    if (ticket != null) {
      return tickets.redeem(ticket);
    }
    return token.map(authenticator::verify).orElse(null);
  }
}
