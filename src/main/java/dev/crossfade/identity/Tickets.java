package dev.crossfade.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.TicketStore;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Single-use tickets for a handshake that cannot carry a header; one that ends up in an access log
 * is worthless. Blocks for a database round trip. Thread-safe.
 */
public final class Tickets {

  static final Duration LIFE = Duration.ofSeconds(30);

  public record Ticket(String id, Instant expiresAt) {}

  private final TicketStore store;
  private final Authenticator authenticator;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public Tickets(TicketStore store, Authenticator authenticator, Clock clock) {
    this.store = store;
    this.authenticator = authenticator;
    this.clock = clock;
  }

  /** Issues a ticket for a token that has been verified. */
  public Ticket issue(String token) {
    byte[] bytes = new byte[24];
    random.nextBytes(bytes);
    Instant expires = clock.instant().plus(LIFE).truncatedTo(ChronoUnit.MILLIS);
    Ticket ticket = new Ticket(HexFormat.of().formatHex(bytes), expires);
    store.add(name(ticket.id()), seal(Cipher.ENCRYPT_MODE, ticket.id(), token), expires);
    return ticket;
  }

  /**
   * Redeems a ticket for its caller; throws {@code not_authenticated} if it is invalid or expired.
   */
  public Caller redeem(String id) {
    if (id.length() > 64) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return store
        .redeem(name(id), clock.instant())
        .map(kept -> seal(Cipher.DECRYPT_MODE, id, kept))
        .map(authenticator::verify)
        .orElseThrow(() -> new ChatException(Problem.NOT_AUTHENTICATED));
  }

  /** Whoever reads the database learns neither a ticket nor a token. */
  private static String name(String ticket) {
    return HexFormat.of().formatHex(hash("name", ticket));
  }

  /** Each key is used for one message, so the nonce need not differ (NIST SP 800-38D, 8). */
  private static String seal(int mode, String ticket, String text) {
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          mode,
          new SecretKeySpec(hash("key", ticket), "AES"),
          new GCMParameterSpec(Byte.SIZE * 16, new byte[12]));
      return mode == Cipher.ENCRYPT_MODE
          ? Base64.getEncoder().encodeToString(cipher.doFinal(text.getBytes(UTF_8)))
          : new String(cipher.doFinal(Base64.getDecoder().decode(text)), UTF_8);
    } catch (GeneralSecurityException | IllegalArgumentException altered) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
  }

  private static byte[] hash(String what, String ticket) {
    try {
      return MessageDigest.getInstance("SHA-256").digest((what + ":" + ticket).getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes expired tickets. */
  public void prune() {
    store.prune(clock.instant());
  }
}
