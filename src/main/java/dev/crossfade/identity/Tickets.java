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
 * One-use passes for a handshake that cannot carry a header: a ticket in an access log is worth
 * nothing. Blocks for a round trip to the database. Safe for many threads.
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

  /** A ticket for who holds this token, which has been verified. */
  public Ticket issue(String token) {
    byte[] bytes = new byte[24];
    random.nextBytes(bytes);
    Instant expires = clock.instant().plus(LIFE).truncatedTo(ChronoUnit.MILLIS);
    Ticket ticket = new Ticket(HexFormat.of().formatHex(bytes), expires);
    store.add(ticket.id(), token, expires);
    return ticket;
  }

  /**
   * Who a ticket was given to; throws {@code not_authenticated} where it is not good (any more).
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

  /** Forgets what nobody redeemed. */
  public void prune() {
    store.prune(clock.instant());
  }
}
