package dev.crossfade.app;

import dev.crossfade.http.EntryFilter;
import dev.crossfade.http.SlowBodies;
import dev.crossfade.http.UnreadAnswers;
import dev.crossfade.http.doctor.Handshakes;
import dev.crossfade.http.poll.Holding;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Budget;
import dev.crossfade.peer.Population;
import dev.crossfade.peer.Services;
import dev.crossfade.peer.Time;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.websocket.Echoes;
import dev.crossfade.websocket.HandshakeFilter;
import dev.crossfade.websocket.MessageEndpoint;
import dev.crossfade.websocket.Sockets;
import dev.crossfade.wire.NativeDialect;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.function.Consumer;

/** The connections of this node and their transports. */
final class Carriers {

  final Population population;
  final Holding holding;
  final EntryFilter entry;
  final HandshakeFilter handshake;
  final Handshakes handshakes = new Handshakes();
  final HandshakeFilter echoHandshake;
  final Sockets sockets;
  private final Echoes echoes;

  Carriers(
      Settings settings,
      Messaging messaging,
      Callers callers,
      Rollout rollout,
      Meters meters,
      Threads threads,
      Time time) {
    Settings.PerMinute perMinute = settings.limits().perMinute();
    population =
        new Population(
            new Services(
                messaging.service,
                messaging.devices,
                messaging.presence,
                callers.access(),
                rollout,
                meters,
                time),
            limits(settings.limits()));
    holding = new Holding(population, rollout, time.scheduler(), threads.delivery);
    Budget budget = Budget.ofHeap();
    meters.gauge(
        "crossfade.sockets.waiting.chars",
        "Characters waiting to be written to sockets",
        budget::taken);
    UnreadAnswers answers = UnreadAnswers.ofHeap();
    meters.gauge(
        "crossfade.answers.unread.bytes",
        "Bytes of responses that clients have not read yet",
        answers::bytes);
    SlowBodies bodies = new SlowBodies();
    meters.gauge(
        "crossfade.requests.slow_bodies",
        "Requests whose body has not arrived whole",
        bodies::waiting);
    sockets =
        new Sockets(
            population,
            new NativeDialect(settings.node().language()),
            budget,
            new RateLimit(perMinute.handshakes()),
            new Sockets.Threads(threads.closing, threads.pings));
    echoes = new Echoes(time.scheduler(), threads.closing);
    entry =
        new EntryFilter(
            callers.authenticator,
            new EntryFilter.RateLimits(
                new RateLimit(perMinute.requests()), new RateLimit(perMinute.writes())),
            bodies,
            answers,
            settings.node().language());
    handshake = handshake(settings, callers, rollout, sockets::requireRoom);
    echoHandshake =
        handshake(
            settings,
            callers,
            rollout,
            address -> {
              sockets.requireRoom(address);
              echoes.requireRoom(address);
            });
  }

  private static Population.Limits limits(Settings.Limits limits) {
    return Population.Limits.of(
        limits.sockets().all(),
        limits.sockets().perUser(),
        limits.sockets().perAddress(),
        limits.polls().all(),
        limits.polls().perUser(),
        limits.polls().perAddress());
  }

  private static HandshakeFilter handshake(
      Settings settings, Callers callers, Rollout rollout, Consumer<String> room) {
    return new HandshakeFilter(
        callers.authenticator, callers.tickets, rollout, room, settings.node().language());
  }

  ServerEndpointConfig endpoint() {
    return MessageEndpoint.at("/ws", () -> sockets);
  }

  ServerEndpointConfig echo() {
    return echoes.at("/doctor/echo");
  }
}
