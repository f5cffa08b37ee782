package dev.crossfade.app;

import dev.crossfade.http.ApiConfig;
import dev.crossfade.http.ApiServlet;
import dev.crossfade.http.Routes;
import dev.crossfade.http.chat.AvailabilityResource;
import dev.crossfade.http.chat.DevicesResource;
import dev.crossfade.http.chat.IdentityResource;
import dev.crossfade.http.chat.MessageRoutes;
import dev.crossfade.http.chat.ReceiptRoutes;
import dev.crossfade.http.chat.SessionsResource;
import dev.crossfade.http.desk.CannedResource;
import dev.crossfade.http.desk.NotesResource;
import dev.crossfade.http.desk.PeopleResource;
import dev.crossfade.http.desk.SearchResource;
import dev.crossfade.http.desk.VisitorResource;
import dev.crossfade.http.doctor.DoctorResource;
import dev.crossfade.http.ops.AuditResource;
import dev.crossfade.http.ops.GateResource;
import dev.crossfade.http.ops.HistoryResource;
import dev.crossfade.http.ops.NodeResource;
import dev.crossfade.http.ops.RolloutResource;
import dev.crossfade.http.ops.ShopsResource;
import dev.crossfade.http.poll.TransportRoutes;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.message.Notes;
import dev.crossfade.metrics.History;
import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Time;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.store.CannedReplies;
import dev.crossfade.store.MessageSearch;
import dev.crossfade.store.NoteStore;
import java.util.ArrayList;
import java.util.List;

/** The HTTP API: every resource and route by name. */
final class Api {

  private final List<Object> resources = new ArrayList<>();
  private final Routes routes = new Routes();

  /** For visitors, older clients and agents. */
  void chat(
      Settings settings,
      Stores stores,
      Callers callers,
      Messaging messaging,
      Carriers carriers,
      Time time) {
    Settings.PerMinute perMinute = settings.limits().perMinute();
    SessionsResource sessions =
        new SessionsResource(
            messaging.service, messaging.lists, carriers.holding, messaging.presence);
    PeopleResource people =
        new PeopleResource(
            messaging.service,
            messaging.presence,
            carriers.population,
            time.scheduler(),
            stores.clock);
    sessions.addTo(routes);
    people.addTo(routes);
    new ReceiptRoutes(messaging.service).addTo(routes);
    resources.addAll(
        List.of(
            sessions,
            people,
            new IdentityResource(
                callers.tokens,
                callers.tickets,
                callers.shops,
                callers.revocations,
                carriers.population,
                new RateLimit(perMinute.visitors())),
            new DevicesResource(messaging.devices, messaging.presence, callers.revocations),
            new AvailabilityResource(callers.shops, messaging.presence),
            new VisitorResource(messaging.service, messaging.presence, messaging.devices),
            new NotesResource(
                new Notes(new NoteStore(stores.database, stores.clock), messaging.inbox)),
            new CannedResource(new CannedReplies(stores.database)),
            new SearchResource(new MessageSearch(stores.database))));
  }

  void messages(
      Messaging messaging, Callers callers, Carriers carriers, Rollout rollout, Meters meters) {
    new MessageRoutes(
            messaging.service,
            carriers.holding,
            callers.sends,
            messaging.presence,
            messaging.devices,
            rollout,
            meters)
        .addTo(routes);
  }

  /** By which clients ask the rollout, and report to it. */
  void transport(Settings settings, Rollout rollout, Meters meters) {
    new TransportRoutes(rollout, new RateLimit(settings.limits().perMinute().reports()), meters)
        .addTo(routes);
  }

  /** By which operators control it. */
  void rollout(
      Rollout rollout, Autopilot autopilot, History history, Callers callers, Drain drain) {
    resources.addAll(
        List.of(
            new RolloutResource(rollout),
            new GateResource(rollout, autopilot),
            new HistoryResource(history),
            new AuditResource(rollout),
            new ShopsResource(callers.shops),
            new NodeResource(drain)));
  }

  Routes routes() {
    return routes;
  }

  ApiServlet servlet(DoctorResource doctor, Drain drain) {
    doctor.addTo(routes);
    resources.add(doctor);
    return new ApiServlet(
        routes,
        new ApiConfig(resources),
        () -> {
          doctor.stop();
          drain.stop();
        });
  }
}
