package dev.crossfade.identity;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetBasedJWKSource;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetParseException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;

/**
 * The public keys of another system that signs tokens, from a file or a URL. They are refreshed in
 * the background before they expire, and at once when a token names an unknown key, so that keys
 * can be rotated without a restart. Thread-safe.
 */
public final class PublicKeys implements JWKSource<SecurityContext>, AutoCloseable {

  private static final Duration FRESH = Duration.ofMinutes(5);

  /** How long before the end of {@link #FRESH} the keys are refreshed in the background. */
  private static final Duration AHEAD = Duration.ofMinutes(1);

  /** How long known keys stay valid while they cannot be refreshed. */
  private static final Duration OUTAGE = Duration.ofHours(1);

  /** At most two reads in this time, because key ids are easily made up. */
  private static final Duration RATE = Duration.ofSeconds(30);

  private static final Duration READ_WITHIN = Duration.ofSeconds(2);
  private static final int MAX_BYTES = 1_000_000;

  /** Limits the threads of the container that a hanging key server can block. */
  private static final int MOST_WAITING = 4;

  private final JWKSetBasedJWKSource<SecurityContext> source;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);

  /**
   * Reads the keys for the first time. Blocks.
   *
   * @param place a file, or an http or https URL
   * @param reading runs background reads; not shut down here
   * @param timer schedules background reads; not shut down here
   * @throws IllegalArgumentException with a message for operators if no keys can be read
   */
  public static PublicKeys open(
      String place, ExecutorService reading, ScheduledExecutorService timer) {
    boolean remote = place.startsWith("http://") || place.startsWith("https://");
    try {
      URL url = remote ? URI.create(place).toURL() : Path.of(place).toUri().toURL();
      int millis = (int) READ_WITHIN.toMillis();
      PublicKeys keys =
          new PublicKeys(
              url,
              remote
                  ? new DefaultResourceRetriever(millis, millis, MAX_BYTES, true)
                  : file -> new Resource(Files.readString(Path.of(place)), null),
              reading,
              timer);
      keys.get(new JWKSelector(new JWKMatcher.Builder().build()), null);
      return keys;
    } catch (JWKSetParseException e) {
      throw new IllegalArgumentException("crossfade.jwks is not a JWK set: " + place, e);
    } catch (KeySourceException | MalformedURLException e) {
      throw new IllegalArgumentException("crossfade.jwks cannot be read: " + place, e);
    }
  }

  PublicKeys(
      URL url,
      ResourceRetriever retriever,
      ExecutorService reading,
      ScheduledExecutorService timer) {
    source =
        (JWKSetBasedJWKSource<SecurityContext>)
            JWKSourceBuilder.<SecurityContext>create(url, retriever)
                .cache(FRESH.toMillis(), 2 * READ_WITHIN.toMillis())
                .refreshAheadCache(AHEAD.toMillis(), null, reading, false, timer, false)
                .rateLimited(RATE.toMillis())
                .outageTolerant(OUTAGE.toMillis())
                .build();
  }

  /**
   * Blocks for at most a few seconds if the keys must be read, and only for a few callers at a
   * time.
   */
  @Override
  public List<JWK> get(JWKSelector selector, SecurityContext context) throws KeySourceException {
    List<JWK> known = selector.select(known(context));
    if (!known.isEmpty() || !waiting.tryAcquire()) {
      return known;
    }
    try {
      return source.get(selector, context);
    } finally {
      waiting.release();
    }
  }

  /** The current key set, a new object after each read; null if there is none. */
  Object current() {
    try {
      return known(null);
    } catch (KeySourceException unknown) {
      return null;
    }
  }

  private JWKSet known(SecurityContext context) throws KeySourceException {
    return source
        .getJWKSetSource()
        .getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), System.currentTimeMillis(), context);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
