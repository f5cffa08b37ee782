package dev.crossfade.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Role;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {

  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path folder;

  private final Tokens tokens = tokens(null, NOW);

  @Test
  void a_token_of_ours_says_who_it_was_made_for() {
    Tokens.Issued issued = tokens.issue("u1", "demo", Role.AGENT, "小李", Duration.ofHours(1));
    Caller caller = tokens.verify(issued.token());
    assertThat(caller).isEqualTo(issued.caller());
    assertThat(caller.name()).isEqualTo("小李");
    assertThat(caller.expiresAt()).isEqualTo(NOW.plus(Duration.ofHours(1)));
  }

  @Test
  void it_ends_to_the_second_without_grace() {
    String token = tokens.issue("u1", "demo", Role.VISITOR, null, Duration.ofHours(1)).token();
    assertThat(tokens(null, NOW.plusSeconds(3599)).verify(token)).isNotNull();
    assertRefused(tokens(null, NOW.plusSeconds(3600)), token);
  }

  @Test
  void a_token_that_was_in_order_before_ends_all_the_same() {
    AtomicReference<Instant> now = new AtomicReference<>(NOW);
    InstantSource time = now::get;
    Tokens later =
        new Tokens(List.of(SECRET), null, "crossfade", "crossfade", time.withZone(ZoneOffset.UTC));
    String token = tokens.issue("u1", "demo", Role.VISITOR, null, Duration.ofHours(1)).token();
    assertThat(later.verify(token)).isSameAs(later.verify(token));
    now.set(NOW.plusSeconds(3600));
    assertRefused(later, token);
  }

  /** First the new secret is accepted everywhere, then it signs, then the old one is dropped. */
  @Test
  void a_secret_is_rotated_without_anybody_having_to_sign_in_again() throws Exception {
    String next = "the-next-secret-of-32-bytes-or-more";
    Tokens before = secrets(SECRET);
    Tokens accepting = secrets(SECRET, next);
    Tokens rotated = secrets(next, SECRET);
    Tokens after = secrets(next);
    String old = token(before);
    String fresh = token(rotated);
    for (Tokens node : List.of(before, accepting, rotated)) {
      assertThat(node.verify(old).userId()).isEqualTo("u1");
    }
    for (Tokens node : List.of(accepting, rotated, after)) {
      assertThat(node.verify(fresh).userId()).isEqualTo("u1");
    }
    assertRefused(before, fresh);
    assertRefused(after, old);
    JWSHeader byShop = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("shop-1").build();
    String theirs = sign(byShop, new MACSigner(SECRET));
    assertThat(rotated.verify(theirs).userId()).isEqualTo("u1");
    assertRefused(after, theirs);
    String kid = SignedJWT.parse(fresh).getHeader().getKeyID();
    assertThat(kid).isNotEqualTo(SignedJWT.parse(old).getHeader().getKeyID()).hasSize(8);
  }

  private static Tokens secrets(String... secrets) {
    return new Tokens(List.of(secrets), null, "crossfade", "crossfade", clock(NOW));
  }

  private static String token(Tokens node) {
    return node.issue("u1", "demo", Role.VISITOR, null, Duration.ofHours(1)).token();
  }

  @Test
  void every_claim_must_be_in_order() throws Exception {
    assertThat(tokens.verify(sign(c -> c))).isNotNull();
    assertRefused(tokens, sign(c -> c.issuer("another")));
    assertRefused(tokens, sign(c -> c.audience("another")));
    assertRefused(tokens, sign(c -> c.subject(null)));
    assertRefused(tokens, sign(c -> c.subject("a b")));
    assertRefused(tokens, sign(c -> c.claim("shop", null)));
    assertRefused(tokens, sign(c -> c.claim("shop", "../x")));
    assertRefused(tokens, sign(c -> c.claim("role", "root")));
    assertRefused(tokens, sign(c -> c.claim("role", "AGENT")));
    assertRefused(tokens, sign(c -> c.claim("role", 7)));
    assertRefused(tokens, sign(c -> c.expirationTime(null)));
    assertRefused(tokens, sign(c -> c.claim("exp", "tomorrow")));
    assertRefused(tokens, sign(c -> c.expirationTime(Date.from(NOW.minusSeconds(1)))));
    assertRefused(tokens, sign(c -> c.expirationTime(Date.from(NOW.plus(Duration.ofDays(400))))));
    assertRefused(tokens, sign(c -> c.notBeforeTime(Date.from(NOW.plusSeconds(120)))));
    assertRefused(tokens, sign(c -> c.issueTime(Date.from(NOW.plusSeconds(120)))));
    assertThat(tokens.verify(sign(c -> c.issueTime(Date.from(NOW.plusSeconds(30)))))).isNotNull();
  }

  @Test
  void only_the_algorithm_of_the_key_counts() throws Exception {
    String plain = new PlainJWT(claims(c -> c)).serialize();
    assertRefused(tokens, plain);
    for (String none : new String[] {"none", "None", "nOnE"}) {
      String header = base64("{\"alg\":\"" + none + "\"}");
      assertRefused(tokens, header + "." + plain.split("\\.")[1] + ".");
    }
    byte[] long512 = (SECRET + SECRET).getBytes(StandardCharsets.UTF_8);
    assertRefused(
        new Tokens(List.of(SECRET + SECRET), null, "crossfade", "crossfade", clock(NOW)),
        sign(new JWSHeader(JWSAlgorithm.HS512), new MACSigner(long512)));
  }

  @Test
  void a_public_key_is_no_secret() throws Exception {
    RSAKey key = new RSAKeyGenerator(2048).keyID("k1").generate();
    Path set = folder.resolve("jwks.json");
    Files.writeString(set, new JWKSet(key.toPublicJWK()).toString());
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try (PublicKeys keys = PublicKeys.open(set.toString(), timer, timer)) {
      aPublicKeyIsNoSecret(key, tokens(keys, NOW));
    } finally {
      timer.shutdownNow();
    }
  }

  private void aPublicKeyIsNoSecret(RSAKey key, Tokens both) throws Exception {
    JWSHeader rs256 = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build();
    assertThat(both.verify(sign(rs256, new RSASSASigner(key))).userId()).isEqualTo("u1");
    assertRefused(tokens, sign(rs256, new RSASSASigner(key)));
    byte[] publicKey = key.toRSAPublicKey().getEncoded();
    assertRefused(both, sign(new JWSHeader(JWSAlgorithm.HS256), new MACSigner(publicKey)));
    RSAKey stranger = new RSAKeyGenerator(2048).keyID("k1").generate();
    assertRefused(both, sign(rs256, new RSASSASigner(stranger)));
  }

  @Test
  void a_token_does_not_bring_its_own_key() throws Exception {
    RSAKey stranger = new RSAKeyGenerator(2048).generate();
    JWSHeader own = new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(stranger.toPublicJWK()).build();
    assertRefused(tokens, sign(own, new RSASSASigner(stranger)));
    JWSHeader elsewhere =
        new JWSHeader.Builder(JWSAlgorithm.HS256)
            .jwkURL(URI.create("http://127.0.0.1:1/keys"))
            .build();
    assertRefused(tokens, sign(elsewhere, new MACSigner(SECRET)));
  }

  @Test
  void what_was_altered_or_is_no_token_is_refused() throws Exception {
    String good = sign(c -> c);
    char last = good.charAt(good.length() - 2);
    assertRefused(tokens, good.substring(0, good.length() - 2) + (last == 'A' ? 'B' : 'A') + "A");
    for (String bad :
        new String[] {
          "",
          ".",
          "..",
          "a.b",
          "a.b.c",
          "a.b.c.d.e",
          good + ".x",
          " " + good + "\n\n",
          "x".repeat(100_000)
        }) {
      assertRefused(tokens, bad);
    }
    String[] parts = good.split("\\.");
    assertRefused(tokens, parts[0] + "." + base64("{\"sub\":\"u2\"}") + "." + parts[2]);
    assertRefused(tokens, parts[0] + "." + base64("not json") + "." + parts[2]);
  }

  private static void assertRefused(Tokens verifier, String token) {
    assertThatThrownBy(() -> verifier.verify(token))
        .as(token.length() > 300 ? "long" : token)
        .isInstanceOf(ChatException.class)
        .hasMessage("not_authenticated");
  }

  private static String sign(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims(change));
    jwt.sign(new MACSigner(SECRET));
    return jwt.serialize();
  }

  private static String sign(JWSHeader header, JWSSigner signer) throws Exception {
    SignedJWT jwt = new SignedJWT(header, claims(c -> c));
    jwt.sign(signer);
    return jwt.serialize();
  }

  private static JWTClaimsSet claims(UnaryOperator<JWTClaimsSet.Builder> change) {
    return change
        .apply(
            new JWTClaimsSet.Builder()
                .subject("u1")
                .claim("shop", "demo")
                .claim("role", "visitor")
                .issueTime(Date.from(NOW))
                .expirationTime(Date.from(NOW.plusSeconds(3600)))
                .issuer("crossfade")
                .audience("crossfade"))
        .build();
  }

  private static Tokens tokens(PublicKeys keys, Instant now) {
    return new Tokens(List.of(SECRET), keys, "crossfade", "crossfade", clock(now));
  }

  private static Clock clock(Instant now) {
    return Clock.fixed(now, ZoneOffset.UTC);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
