package dev.crossfade.app;

import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Population;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.rollout.gate.Signal;
import dev.crossfade.rollout.rule.Arm;
import java.util.List;

/** The figures of this node that are read when somebody asks. */
final class Gauges {

  private static final List<String> OUTCOMES = List.of("bad", "good");

  private Gauges() {}

  static void connected(Meters meters, Population population, Messaging messaging, Stores stores) {
    meters.gauge("crossfade.sockets.open", "Open WebSockets", population::streams);
    meters.gauge("crossfade.polls.held", "Requests held for news", population::held);
    meters.gauge("crossfade.sockets.leaving", "Told to poll and still open", population::leaving);
    meters.gauge(
        "crossfade.conversations.live",
        "Conversations that somebody listens to",
        messaging.subscriptions::liveConversations);
    meters.gauge(
        "crossfade.journal.waiting", "Messages not yet committed", stores.journal()::waiting);
  }

  static void rollout(Meters meters, Rollout rollout, Autopilot autopilot) {
    meters.gauge(
        "crossfade.rollout.percentage",
        "Clients that are to use WebSocket, percent",
        () -> rollout.serving() ? rollout.rule().percentage() : 0);
    meters.gauge(
        "crossfade.rollout.verdict",
        "What the gate says: 0 nothing, 1 promote, 2 ask, 3 hold, 4 exclude a shop, 5 step back, 6 to"
            + " zero",
        () -> autopilot.verdict().kind().ordinal());
    for (Signal signal : Signal.values()) {
      for (Arm arm : Arm.values()) {
        for (int i = 0; i < OUTCOMES.size(); i++) {
          int which = i;
          meters.gauge(
              "crossfade.rollout.observations",
              "What this node has seen of a signal since the percentage changed",
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
