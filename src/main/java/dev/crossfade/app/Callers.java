package dev.crossfade.app;

import com.nimbusds.jose.jwk.JWKSet;
import dev.crossfade.identity.Authenticator;
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
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.text.ParseException;

/** Who may call, and how often. */
final class Callers {

  final Shops shops;
  final Tokens tokens;
  final Revocations revocations;
  final Authenticator authenticator;
  final Tickets tickets;
  final SendLimits sends;
  final RateLimit frames;

  Callers(Settings settings, Stores stores) {
    Settings.PerMinute perMinute = settings.limits().perMinute();
    shops = new Shops(new ShopStore(stores.database, stores.clock));
    tokens =
        new Tokens(
            settings.identity().secret(),
            keys(settings.identity().jwks()),
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

  /** A file, or a URL that is read once at start. */
  private static JWKSet keys(String place) {
    if (place == null) {
      return null;
    }
    try {
      return place.startsWith("http://") || place.startsWith("https://")
          ? JWKSet.load(URI.create(place).toURL(), 5_000, 5_000, 1_000_000)
          : JWKSet.load(new File(place));
    } catch (ParseException e) {
      throw new IllegalArgumentException("crossfade.jwks is not a JWK set: " + place, e);
    } catch (IOException e) {
      throw new UncheckedIOException("crossfade.jwks cannot be read: " + place, e);
    }
  }
}
