package dev.crossfade.http.chat;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.message.MessageService;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.wire.Fields;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** Delivered and read marks, and typing notifications. */
@Path("/")
public final class ReceiptsResource {

  private final MessageService service;

  public ReceiptsResource(MessageService service) {
    this.service = service;
  }

  @POST
  @Path("receipts")
  public Response receipts(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    Caller caller = call.caller();
    Fields fields = call.json(body);
    long conversation = fields.requiredNumber("session_id");
    Long delivered = fields.cursor("delivered");
    Long read = fields.cursor("read");
    if (delivered == null && read == null) {
      throw ChatException.missing("delivered");
    }
    service.mark(
        caller,
        conversation,
        fields.identifier("client_id"),
        delivered == null ? 0 : delivered,
        read == null ? 0 : read);
    return Answers.nothing();
  }

  @POST
  @Path("typing")
  public Response typing(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    Caller caller = call.caller();
    Fields fields = call.json(body);
    service.typing(caller, fields.requiredNumber("session_id"), fields.requiredFlag("active"));
    return Answers.nothing();
  }
}
