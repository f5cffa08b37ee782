package dev.crossfade.http.chat;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.Routes;
import dev.crossfade.message.MessageService;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.wire.Fields;
import java.io.IOException;

/** Delivered and read marks, and typing notifications. */
public final class ReceiptRoutes {

  private final MessageService service;

  public ReceiptRoutes(MessageService service) {
    this.service = service;
  }

  public void addTo(Routes routes) {
    routes.on("POST", "/receipts", this::receipts).on("POST", "/typing", this::typing);
  }

  private void receipts(Call call) throws IOException {
    Caller caller = call.caller();
    Fields fields = call.json();
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
    call.answer(Answer.nothing());
  }

  private void typing(Call call) throws IOException {
    Caller caller = call.caller();
    Fields fields = call.json();
    service.typing(caller, fields.requiredNumber("session_id"), fields.requiredFlag("active"));
    call.answer(Answer.nothing());
  }
}
