package dev.crossfade.identity;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.store.TicketStore;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

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
    store.add(ticket.id(), token, expires);
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
        .redeem(id, clock.instant())
        .map(authenticator::verify)
        .orElseThrow(() -> new ChatException(Problem.NOT_AUTHENTICATED));
  }

  /** Deletes expired tickets. */
  public void prune() {
    store.prune(clock.instant());
  }
}
