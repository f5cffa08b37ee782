package dev.crossfade.peer;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.Revocations;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.identity.Shops;
import dev.crossfade.identity.Tokens;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Hints;
import dev.crossfade.message.Inbox;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.message.Subscription;
import dev.crossfade.message.Subscriptions;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Role;
import dev.crossfade.rollout.Fallbacks;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.ReceiptStore;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.ShopStore;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.support.ByHand;
import dev.crossfade.support.HandClock;
import dev.crossfade.support.Stored;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Said;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * All of a node that peers need, on a real store, without a carrier and without threads but the
 * journal's: time passes when the test says so, and what was handed over runs when it says so.
 */
final class Node implements AutoCloseable {

  private static final String SECRET = "a secret of a test, of thirty-two bytes or more";

  static final String SHOP = "demo";

  /** Frames a minute that one peer may say. */
  static final int FRAMES = 100;

  final Stored stored;
  final ByHand delivery = new ByHand();
  final Tokens tokens;
  final Revocations revocations;
  final Presence presence;
  final Rollout rollout;
  final Services services;
  final List<Caller> comingAndGoing = new ArrayList<>();
  Population population;

  private final Meters meters = new Meters();
  private long passedNanos;

  private final HandClock clock = new HandClock(Instant.parse("2026-11-26T12:00:00Z"));

  /** WebSocket for everybody; nothing else is left of an earlier node on the same store. */
  Node(Stored stored, Path folder) {
    this.stored = stored;
    tokens = new Tokens(List.of(SECRET), null, "crossfade", "crossfade", clock);
    revocations = new Revocations(new RevocationStore(stored.database), clock);
    presence = new Presence(clock);
    presence.watch(comingAndGoing::add);
    rollout =
        new Rollout(
            new ToggleTable(stored.database),
            new Fallbacks(clock),
            new LocalKill(folder, () -> false),
            clock,
            () -> passedNanos,
            shop -> true,
            rule -> "{}",
            rule -> {});
    rollout.refresh();
    Subscriptions subscriptions =
        new Subscriptions(
            stored.messages,
            stored.conversations,
            MessageJson::message,
            new Subscription.Threads(delivery, delivery),
            Hints.NONE,
            System::nanoTime);
    MessageService messages =
        new MessageService(
            stored.messages,
            stored.conversations,
            new ReceiptStore(stored.database, clock),
            stored.journal(),
            subscriptions,
            new Inbox(Hints.NONE),
            stored.database.epoch());
    Shops shops = new Shops(new ShopStore(stored.database, clock));
    services =
        new Services(
            messages,
            new Devices(new DeviceStore(stored.database), Hints.NONE, clock),
            presence,
            new Services.Access(
                new Authenticator(tokens, shops, revocations),
                new SendLimits(1_000, 1_000, 1_000),
                new RateLimit(FRAMES)),
            rollout,
            meters,
            new Time(clock, () -> passedNanos, null, new Random(7)));
    population = population(100, 5);
    share(10_000);
  }

  /** {@code all} streams and as many held requests, and that many of one user and one address. */
  Population population(int all, int perUser) {
    return new Population(services, Population.Limits.of(all, perUser, all, all, perUser, all));
  }

  // ---- time

  /** Looks at all deadlines as often as a running node does, for so long. */
  void pass(Duration time) {
    for (long left = time.toNanos(); left > 0; left -= Pace.LOOK_EVERY.toNanos()) {
      standStill(Duration.ofNanos(Math.min(left, Pace.LOOK_EVERY.toNanos())));
      population.tick();
    }
  }

  /** Nobody looks at anything for so long, as when the machine stands still. */
  void standStill(Duration time) {
    passedNanos += time.toNanos();
    clock.forward(time);
  }

  Instant now() {
    return clock.instant();
  }

  // ---- who connects

  Caller visitor(String user) {
    return token(user, Role.VISITOR, Duration.ofHours(1)).caller();
  }

  Caller agent(String user) {
    return token(user, Role.AGENT, Duration.ofHours(1)).caller();
  }

  Tokens.Issued token(String user, Role role, Duration life) {
    return tokens.issue(user, SHOP, role, null, life);
  }

  /** A socket of somebody who has yet to say who it is. */
  Line stranger() {
    return new Line(this, false, null, null);
  }

  Line socket(Caller caller, String clientId) {
    return new Line(this, false, caller, clientId);
  }

  Line held(Caller caller, String clientId) {
    return new Line(this, true, caller, clientId);
  }

  static Said said(Frame frame) {
    return new Said(frame, null, null);
  }

  // ---- the rule

  void share(int basisPoints) {
    change(Change.because("a test").enabled(true).killed(false).basisPoints(basisPoints));
  }

  /** The rule has changed, and nobody has looked yet whom that moves. */
  void shareUntold(int basisPoints) {
    Change change = Change.because("a test").basisPoints(basisPoints);
    rollout.change(change, rollout.rule().revision(), "tester");
  }

  void kill() {
    change(Change.because("a test").killed(true));
  }

  private void change(Change change) {
    rollout.change(change, rollout.rule().revision(), "tester");
    population.steering().reconsider();
  }

  @Override
  public void close() {
    meters.close();
  }
}
