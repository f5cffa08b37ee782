package dev.crossfade.http.chat;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.Shops;
import dev.crossfade.message.Presence;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;

/** Tells visitors whether any of the shop's staff is available, but not who. */
@Path("/")
public final class AvailabilityResource {

  private final Shops shops;
  private final Presence presence;

  public AvailabilityResource(Shops shops, Presence presence) {
    this.shops = shops;
    this.presence = presence;
  }

  @GET
  @Path("shops/{id}/availability")
  public Response availability(
      @Context ContainerRequestContext context, @PathParam("id") String shopId) {
    Call call = Call.of(context);
    if (shops.find(shopId).isEmpty()) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    String origin = call.request().getHeader("Origin");
    if (origin != null && !shops.allows(shopId, origin, Authenticator.self(call.request()))) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    boolean online = presence.staffed(shopId);
    return Answers.json(200, g -> g.writeBooleanField("online", online));
  }
}
