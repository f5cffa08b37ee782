package dev.crossfade.http.chat;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.identity.Revocations;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Presence;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Text;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** A user's own devices: list and sign out. */
@Path("/")
public final class DevicesResource {

  private final Devices devices;
  private final Presence presence;
  private final Revocations revocations;

  public DevicesResource(Devices devices, Presence presence, Revocations revocations) {
    this.devices = devices;
    this.presence = presence;
    this.revocations = revocations;
  }

  @GET
  @Path("devices")
  public Response devices(@Context ContainerRequestContext context) {
    Caller caller = Call.of(context).caller();
    List<DeviceStore.Device> own = devices.list(caller);
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("devices");
          for (DeviceStore.Device device : own) {
            g.writeStartObject();
            g.writeStringField("id", device.id());
            g.writeStringField("name", device.name());
            g.writeStringField("type", device.type());
            g.writeStringField("platform", device.platform());
            g.writeStringField("last_seen", Json.time(device.lastSeen()));
            g.writeBooleanField("online", presence.connected(caller, device.id()));
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  @DELETE
  @Path("devices/{id}")
  public Response signOut(@Context ContainerRequestContext context, @PathParam("id") String id) {
    Caller caller = Call.of(context).caller();
    devices.signOut(caller, Text.identifier("client_id", id), tokenId -> revoke(caller, tokenId));
    return Answers.nothing();
  }

  /** Where both have the same token, the one that signs the other out would go with it. */
  private void revoke(Caller caller, String tokenId) {
    if (!tokenId.equals(caller.tokenId())) {
      revocations.revoke(
          caller.shopId(), caller.userId(), tokenId, "device signed out", caller.userId());
    }
  }
}
