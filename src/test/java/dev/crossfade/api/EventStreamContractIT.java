package dev.crossfade.api;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Line;

/** A carrier that the product does not have keeps the same promises: the proof of the shape. */
class EventStreamContractIT extends TransportContract {

  @Override
  void configure(CrossfadeServer server) {
    server.configured(
        context ->
            context.addServletContainerInitializer(
                (classes, servlets) -> {
                  var events = servlets.addServlet("events", new EventStream());
                  events.addMapping("/events");
                  events.setAsyncSupported(true);
                },
                null));
  }

  @Override
  Line line(Api who) {
    return new EventLine(who);
  }
}
