package dev.crossfade.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.crossfade.model.ChatException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublicKeysTest {

  private final ExecutorService reading = Executors.newSingleThreadExecutor();
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final ECKey first = key("first");
  private final ECKey second = key("second");

  @TempDir Path folder;

  @AfterEach
  void stop() {
    timer.shutdownNow();
    reading.shutdownNow();
  }

  @Test
  void a_rotated_key_is_known_without_a_restart_and_the_old_one_is_not() throws Exception {
    Path file = write(first);
    try (PublicKeys keys = PublicKeys.open(file.toString(), reading, timer)) {
      Tokens tokens = tokens(keys);
      String old = signed(first);
      assertThat(tokens.verify(old).userId()).isEqualTo("u1");

      write(second);

      assertThat(tokens.verify(signed(second)).userId()).isEqualTo("u1");
      assertRefused(tokens, signed(first));
      assertRefused(tokens, old);
    }
  }

  @Test
  void the_known_keys_hold_while_they_cannot_be_read() throws Exception {
    Path file = write(first);
    try (PublicKeys keys = PublicKeys.open(file.toString(), reading, timer)) {
      Tokens tokens = tokens(keys);
      Files.delete(file);

      assertRefused(tokens, signed(second));

      assertThat(tokens.verify(signed(first)).userId()).isEqualTo("u1");
    }
  }

  @Test
  void made_up_key_ids_do_not_make_us_ask_again_and_again() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    String body = new JWKSet(first.toPublicJWK()).toString();
    try (PublicKeys keys =
        new PublicKeys(
            URI.create("https://keys.example/jwks").toURL(),
            url -> {
              readings.incrementAndGet();
              return new Resource(body, null);
            },
            reading,
            timer)) {
      Tokens tokens = tokens(keys);

      for (int i = 0; i < 100; i++) {
        assertRefused(tokens, signed(key("made-up-" + i)));
      }

      assertThat(readings).hasValueBetween(1, 2);
      assertThat(tokens.verify(signed(first)).userId()).isEqualTo("u1");
    }
  }

  @Test
  void nothing_is_left_to_be_read_once_it_is_closed() throws Exception {
    PublicKeys keys = PublicKeys.open(write(first).toString(), reading, timer);
    assertThat(timer.getQueue()).as("the next reading is planned").isNotEmpty();

    keys.close();

    assertThat(timer.getQueue()).allMatch(task -> ((Future<?>) task).isCancelled());
  }

  @Test
  void no_keys_at_the_start_are_said_in_a_sentence() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.json"), "{\"keys\":7}");
    assertThatThrownBy(() -> PublicKeys.open(broken.toString(), reading, timer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("crossfade.jwks is not a JWK set: " + broken);
    Path missing = folder.resolve("missing.json");
    assertThatThrownBy(() -> PublicKeys.open(missing.toString(), reading, timer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("crossfade.jwks cannot be read: " + missing);
  }

  private Path write(ECKey key) throws IOException {
    return Files.writeString(folder.resolve("jwks.json"), new JWKSet(key.toPublicJWK()).toString());
  }

  private static Tokens tokens(PublicKeys keys) {
    return new Tokens(
        List.of("0123456789abcdef0123456789abcdef"),
        keys,
        "crossfade",
        "crossfade",
        Clock.systemUTC());
  }

  private static void assertRefused(Tokens tokens, String token) {
    assertThatThrownBy(() -> tokens.verify(token)).isInstanceOf(ChatException.class);
  }

  private static ECKey key(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String signed(ECKey key) throws JOSEException {
    Instant now = Instant.now();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            new JWTClaimsSet.Builder()
                .subject("u1")
                .claim("shop", "demo")
                .claim("role", "visitor")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(600)))
                .issuer("crossfade")
                .audience("crossfade")
                .build());
    jwt.sign(new ECDSASigner(key));
    return jwt.serialize();
  }
}
