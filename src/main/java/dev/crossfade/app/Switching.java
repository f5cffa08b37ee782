package dev.crossfade.app;

import dev.crossfade.identity.Shops;
import dev.crossfade.peer.Population;
import dev.crossfade.rollout.Fallbacks;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.rollout.gate.NodeFigures;
import dev.crossfade.rollout.gate.Reports;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.store.RolloutNodes;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.wire.FindingsJson;
import dev.crossfade.wire.RuleJson;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rollout and the gate that controls it. */
final class Switching {

  /** Under one name in the log, with what {@link Rollout} says itself. */
  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  final Rollout rollout;

  Switching(Settings settings, Stores stores, Shops shops, Closing closing) {
    LocalKill localKill =
        new LocalKill(settings.node().home(), () -> Boolean.getBoolean("crossfade.kill"));
    closing.keep(new Managed("LocalKill", localKill));
    rollout =
        new Rollout(
            new ToggleTable(stores.database),
            new Fallbacks(stores.clock),
            localKill,
            stores.clock,
            System::nanoTime,
            shop -> shops.find(shop).isPresent(),
            RuleJson::text,
            Switching::log);
    closing.keep(rollout.features().publish());
  }

  private static void log(Rule rule) {
    LOG.info(
        "rollout: revision {}: {} %{}{} by {}: {}",
        rule.revision(),
        rule.percentage(),
        rule.enabled() ? "" : ", disabled",
        rule.killed() ? ", killed" : "",
        rule.updatedBy(),
        rule.reason());
  }

  Autopilot autopilot(
      Settings settings,
      Stores stores,
      Population population,
      Threads threads,
      ScheduledExecutorService scheduler,
      Closing closing) {
    Vitals vitals = new Vitals(population);
    Supplier<NodeFigures> figures =
        () -> {
          NodeFigures now = vitals.get();
          population.runningOut(now.critical());
          if (now.critical()) {
            rollout.observations().excuse();
          }
          return now;
        };
    Reports reports =
        new Reports(
            new RolloutNodes(stores.database),
            rollout.observations(),
            population::clients,
            figures,
            UUID.randomUUID().toString(),
            stores.clock);
    Autopilot autopilot =
        new Autopilot(
            rollout.store(),
            reports,
            stores.clock,
            FindingsJson::text,
            told(settings.webhook(), threads, scheduler));
    closing.keep(autopilot::leave);
    return autopilot;
  }

  private static Consumer<Autopilot.Notice> told(
      Settings.Webhook webhook, Threads threads, ScheduledExecutorService scheduler) {
    return webhook == null
        ? notice -> {}
        : new Webhook(webhook.url(), webhook.secret(), threads.outside, scheduler)::tell;
  }
}
