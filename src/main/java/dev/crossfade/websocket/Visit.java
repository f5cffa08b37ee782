package dev.crossfade.websocket;

import dev.crossfade.model.Caller;
import java.security.Principal;

/**
 * What the handshake learnt, on its way to the endpoint: Tomcat passes on the principal of the
 * request, and nothing else that is ours alone.
 *
 * @param caller null where the handshake carried no identity
 * @param origin null for anything but a browser
 * @param self the origin that this server was reached at
 * @param clientId null where it was not named
 * @param version null where it was not named; so is {@code platform}
 * @param address the peer, for the log
 */
record Visit(
    Caller caller,
    String origin,
    String self,
    String clientId,
    String version,
    String platform,
    String address)
    implements Principal {

  @Override
  public String getName() {
    return caller == null ? "" : caller.userId();
  }
}
