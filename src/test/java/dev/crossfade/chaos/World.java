package dev.crossfade.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.crossfade.support.Api;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** What all clients of a run share. */
final class World {

  static final ObjectMapper JSON = new ObjectMapper();

  /** A client gives a connection, an answer or an acknowledgement up after so long. */
  static final Duration PATIENCE = Duration.ofSeconds(4);

  final History history;

  /** Where the application seems to live, with a slash at its end: behind the proxy. */
  final String url;

  final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  private final AtomicLong lines = new AtomicLong();
  private final long seed;

  World(History history, String url, long seed) {
    this.history = history;
    this.url = url;
    this.seed = seed;
  }

  long nextLine() {
    return lines.incrementAndGet();
  }

  /** The same for the same seed and name. */
  Random random(String name) {
    return new Random(seed * 31 + name.hashCode());
  }

  /** A token, and when it ends on the clock of the history. */
  Token token(String user, String shop, String role, Duration life) {
    // JWT has whole seconds, cut off: the real end may be up to a second sooner than this.
    return new Token(sign(user, shop, role, life), history.now() + life.toNanos());
  }

  /** Issued hours ago, so that it is good on a clock that jumps back, too. */
  static String sign(String user, String shop, String role, Duration life) {
    Instant now = Instant.now();
    return Api.sign(
        new JWTClaimsSet.Builder()
            .subject(user)
            .claim("shop", shop)
            .claim("role", role)
            .issueTime(Date.from(now.minus(Duration.ofHours(2))))
            .expirationTime(Date.from(now.plus(life)))
            .issuer("crossfade")
            .audience("crossfade")
            .build());
  }

  record Token(String text, long expiresAt) {}
}
