package dev.crossfade.app;

import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Population;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.rollout.gate.Signal;
import dev.crossfade.rollout.rule.Arm;
import java.util.List;

/** The metrics that are read on scrape. */
final class Gauges {

  private static final List<String> OUTCOMES = List.of("bad", "good");

  private Gauges() {}

  static void connected(Meters meters, Population population, Messaging messaging, Stores stores) {
    meters.gauge("crossfade.sockets.open", "Open WebSockets", population::streams);
    meters.gauge("crossfade.polls.held", "Held requests", population::held);
    meters.gauge(
        "crossfade.sockets.leaving",
        "WebSockets asked to move to polling and still open",
        population::leaving);
    meters.gauge(
        "crossfade.conversations.live",
        "Conversations with a listener",
        messaging.subscriptions::liveConversations);
    meters.gauge(
        "crossfade.journal.waiting", "Messages not yet committed", stores.journal()::waiting);
  }

  static void rollout(Meters meters, Rollout rollout, Autopilot autopilot) {
    meters.gauge(
        "crossfade.rollout.percentage",
        "Percentage of clients assigned to WebSocket",
        () -> rollout.serving() ? rollout.rule().percentage() : 0);
    meters.gauge(
        "crossfade.rollout.verdict",
        "Verdict of the gate: 0 nothing, 1 promote, 2 ask, 3 hold, 4 exclude a shop, 5 step back, 6 to"
            + " zero",
        () -> autopilot.verdict().kind().ordinal());
    meters.gauge(
        "crossfade.rollout.strangers",
        "Clients that said something of their transport and were not authenticated yet",
        () -> rollout.observations().strangers());
    for (Signal signal : Signal.values()) {
      for (Arm arm : Arm.values()) {
        for (int i = 0; i < OUTCOMES.size(); i++) {
          int which = i;
          meters.gauge(
              "crossfade.rollout.observations",
              "Observations of a signal on this node since clients were last assigned",
              () -> rollout.observations().total(signal, arm)[which],
              "signal",
              signal.text(),
              "arm",
              arm.text(),
              "outcome",
              OUTCOMES.get(i));
        }
      }
    }
  }
}
