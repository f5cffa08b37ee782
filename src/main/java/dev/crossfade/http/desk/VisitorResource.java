package dev.crossfade.http.desk;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.message.Devices;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Conversation;
import dev.crossfade.store.DeviceStore.Device;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;

/** The visitor of a conversation, with page and devices, for its agent. */
@Path("sessions/{id}/visitor")
public final class VisitorResource {

  /** Maximum number of devices shown: the most recently seen. */
  private static final int MAX_DEVICES = 5;

  private final MessageService service;
  private final Presence presence;
  private final Devices devices;

  public VisitorResource(MessageService service, Presence presence, Devices devices) {
    this.service = service;
    this.presence = presence;
    this.devices = devices;
  }

  /** {@code transport} and {@code since} are null for a visitor who is not online on this node. */
  @GET
  public Response visitor(@Context ContainerRequestContext context, @PathParam("id") String id) {
    Caller staff = Call.of(context).staff();
    Conversation conversation = service.find(staff, Call.id(id));
    List<Device> seen = devices.list(staff.shopId(), conversation.visitorId(), MAX_DEVICES);
    Optional<Presence.Online> online = presence.find(staff.shopId(), conversation.visitorId());
    return Answers.json(
        200,
        g -> {
          g.writeObjectField("visitor_id", Json.userId(conversation.visitorId()));
          g.writeStringField("visitor_name", conversation.visitorName());
          g.writeStringField("page", conversation.page());
          g.writeBooleanField("online", online.isPresent());
          g.writeStringField("transport", online.map(o -> o.transport().text()).orElse(null));
          g.writeStringField("since", online.map(o -> Json.time(o.since())).orElse(null));
          g.writeArrayFieldStart("devices");
          for (Device device : seen) {
            g.writeStartObject();
            g.writeStringField("name", device.name());
            g.writeStringField("type", device.type());
            g.writeStringField("platform", device.platform());
            g.writeStringField("last_seen", Json.time(device.lastSeen()));
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }
}
