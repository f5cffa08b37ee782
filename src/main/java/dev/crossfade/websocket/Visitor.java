package dev.crossfade.websocket;

import dev.crossfade.peer.Visit;
import jakarta.websocket.Session;
import java.security.Principal;

/**
 * What the handshake learnt, on its way to the endpoint: Tomcat passes on the principal of the
 * request, and nothing else that is ours alone.
 */
record Visitor(Visit visit) implements Principal {

  private static final Visit NOBODY = new Visit(null, null, "", null, null, null, "");

  static Visit of(Session session) {
    return session.getUserPrincipal() instanceof Visitor known ? known.visit() : NOBODY;
  }

  @Override
  public String getName() {
    return visit.caller() == null ? "" : visit.caller().userId();
  }
}
