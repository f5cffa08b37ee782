package dev.crossfade.app;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.PublicKeys;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.Revocations;
import dev.crossfade.identity.SendLimits;
import dev.crossfade.identity.Shops;
import dev.crossfade.identity.Tickets;
import dev.crossfade.identity.Tokens;
import dev.crossfade.peer.Services;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.ShopStore;
import dev.crossfade.store.TicketStore;
import java.util.concurrent.ScheduledExecutorService;

/** Authentication and rate limits. */
final class Callers {

  final Shops shops;
  final Tokens tokens;
  final Revocations revocations;
  final Authenticator authenticator;
  final Tickets tickets;
  final SendLimits sends;
  final RateLimit frames;

  Callers(
      Settings settings,
      Stores stores,
      Threads threads,
      ScheduledExecutorService scheduler,
      Closing closing) {
    Settings.PerMinute perMinute = settings.limits().perMinute();
    shops = new Shops(new ShopStore(stores.database, stores.clock));
    String jwks = settings.identity().jwks();
    tokens =
        new Tokens(
            settings.identity().secrets(),
            jwks == null ? null : closing.keep(PublicKeys.open(jwks, threads.outside, scheduler)),
            settings.identity().issuer(),
            settings.identity().audience(),
            stores.clock);
    revocations = new Revocations(new RevocationStore(stores.database), stores.clock);
    authenticator = new Authenticator(tokens, shops, revocations);
    tickets = new Tickets(new TicketStore(stores.database), authenticator, stores.clock);
    sends =
        new SendLimits(
            perMinute.sends().user(), perMinute.sends().shop(), perMinute.sends().address());
    frames = new RateLimit(perMinute.frames());
  }

  Services.Access access() {
    return new Services.Access(authenticator, sends, frames);
  }
}
