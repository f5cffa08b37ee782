package dev.crossfade.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.model.Text;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Issues and verifies the JWTs of protocol section 1. One algorithm per configured key, fixed by
 * the key and never by the token. Blocks only where {@code keys} do. Safe for many threads.
 */
public final class Tokens {

  /** HS256 wants a key at least as long as its hash (RFC 7518, section 3.2). */
  public static final int MIN_SECRET_BYTES = 32;

  /** A token says who somebody is; beyond a year nobody can vouch for that. */
  static final Duration LONGEST_LIFE = Duration.ofDays(366);

  /** How far the clock of who signed may be ahead of ours. An expiry gets no such grace. */
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(60);

  private static final int MAX_CHARS = 8000;

  /** Three parts of base64url, and nothing around them: the library would trim and pad. */
  private static final Pattern COMPACT =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  private static final Set<String> REQUIRED = Set.of("sub", "shop", "role", "iat", "exp");

  /** A signed token, for whom, and until when it is good. */
  public record Issued(String token, Caller caller) {}

  /** Beyond it a token that comes seldom is verified again. Some 300 bytes each. */
  static final int MAX_REMEMBERED = 50_000;

  /** {@code keySet} is the set of public keys that it was verified with; null for none. */
  private record Verified(Caller caller, Object keySet) {}

  /** By its id, in the order in which a token without one is tried; the first signs. */
  private final Map<String, SecretKey> secrets = new LinkedHashMap<>();

  private final String signingKey;
  private final PublicKeys keys;

  /** Maintained on the calling thread: a thread of a pool would outlive an undeploy. */
  private final Cache<TokenDigest, Verified> verified =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).executor(Runnable::run).build();

  private final String issuer;
  private final String audience;
  private final Clock clock;
  private final DefaultJWTProcessor<SecurityContext> verifier;

  /**
   * @param secrets at least one, of {@link #MIN_SECRET_BYTES} or more each; the first signs our own
   *     tokens, and tokens signed with any of them are accepted
   * @param keys public keys (RS256, ES256) of who signs for us, or null
   */
  public Tokens(
      List<String> secrets, PublicKeys keys, String issuer, String audience, Clock clock) {
    for (String secret : secrets) {
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      this.secrets.put(keyId(bytes), new SecretKeySpec(bytes, "HmacSHA256"));
    }
    this.signingKey = this.secrets.keySet().iterator().next();
    this.keys = keys;
    this.issuer = issuer;
    this.audience = audience;
    this.clock = clock;
    this.verifier = verifier();
  }

  /** A token for somebody whom we know. Seconds are cut off, as JWT has them. */
  public Issued issue(String userId, String shopId, Role role, String name, Duration life) {
    return issue(userId, shopId, role, name, life, UUID.randomUUID().toString());
  }

  /** The same with an id that others may have too, so that they are revoked together. */
  public Issued issue(
      String userId, String shopId, Role role, String name, Duration life, String id) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Caller caller = new Caller(userId, shopId, role, name, now, id, now.plus(life));
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .subject(userId)
            .claim("shop", shopId)
            .claim("role", role.text())
            .claim("name", name)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(caller.expiresAt()))
            .issuer(issuer)
            .audience(audience)
            .jwtID(id)
            .build();
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(signingKey).build();
    SignedJWT jwt = new SignedJWT(header, claims);
    try {
      jwt.sign(new MACSigner(secrets.get(signingKey)));
    } catch (JOSEException e) {
      throw new IllegalStateException("the secret cannot sign", e);
    }
    return new Issued(jwt.serialize(), caller);
  }

  /**
   * Who a token says is calling; throws {@code not_authenticated} for anything that is not in
   * order. What was found of a token holds until it expires or the public keys are read again: a
   * poller sends the same one every few seconds. Blocks only where those keys must be read.
   */
  public Caller verify(String token) {
    if (token.length() > MAX_CHARS) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    Object keySet = keys == null ? null : keys.current();
    TokenDigest digest = TokenDigest.of(token);
    Verified before = verified.getIfPresent(digest);
    if (before == null || before.keySet() != keySet) {
      before = new Verified(parse(token), keySet);
      verified.put(digest, before);
    }
    if (before.caller().expired(clock.instant())) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return before.caller();
  }

  private Caller parse(String token) {
    try {
      if (!COMPACT.matcher(token).matches()) {
        throw new ChatException(Problem.NOT_AUTHENTICATED);
      }
      SignedJWT jwt = SignedJWT.parse(token);
      refuseKeysInHeader(jwt.getHeader());
      return caller(verifier.process(jwt, null));
    } catch (ParseException
        | BadJOSEException
        | JOSEException
        | IllegalArgumentException
        | ArithmeticException invalid) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
  }

  /** A token must not say where its key is to be found. */
  private static void refuseKeysInHeader(JWSHeader header) {
    if (header.getJWK() != null
        || header.getJWKURL() != null
        || header.getX509CertURL() != null
        || header.getX509CertChain() != null) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
  }

  private Caller caller(JWTClaimsSet claims) throws ParseException {
    Instant issued = claims.getIssueTime().toInstant();
    Instant expires = claims.getExpirationTime().toInstant();
    String user = claims.getSubject();
    String shop = claims.getStringClaim("shop");
    Role role = Role.of(claims.getStringClaim("role"));
    boolean valid =
        Text.isIdentifier(user)
            && Text.isIdentifier(shop)
            && clock.instant().isBefore(expires)
            && issued.isBefore(clock.instant().plus(CLOCK_SKEW))
            && Duration.between(issued, expires).compareTo(LONGEST_LIFE) <= 0;
    if (!valid) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return new Caller(user, shop, role, name(claims), issued, claims.getJWTID(), expires);
  }

  /** A name that may not be shown is no reason to turn somebody away. */
  private static String name(JWTClaimsSet claims) throws ParseException {
    try {
      return Text.label("name", claims.getStringClaim("name"), Text.MAX_NAME_CHARS);
    } catch (ChatException unfit) {
      return null;
    }
  }

  /** Whoever else signs with a secret may name it as they like. */
  private List<SecretKey> secretsFor(String keyId) {
    SecretKey named = keyId == null ? null : secrets.get(keyId);
    return named != null ? List.of(named) : List.copyOf(secrets.values());
  }

  /** Tells secrets apart, and nothing else about them: 48 bits of a hash of 256 random ones. */
  private static String keyId(byte[] secret) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(secret);
      return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(hash, 6));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private DefaultJWTProcessor<SecurityContext> verifier() {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSKeySelector(
        (header, context) -> {
          if (JWSAlgorithm.HS256.equals(header.getAlgorithm())) {
            return secretsFor(header.getKeyID());
          }
          if (keys == null) {
            return List.of();
          }
          return new JWSVerificationKeySelector<>(
                  Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256), keys)
              .selectJWSKeys(header, context);
        });
    var claims =
        new DefaultJWTClaimsVerifier<SecurityContext>(
            audience, new JWTClaimsSet.Builder().issuer(issuer).build(), REQUIRED) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew((int) CLOCK_SKEW.toSeconds());
    processor.setJWTClaimsSetVerifier(claims);
    return processor;
  }
}
