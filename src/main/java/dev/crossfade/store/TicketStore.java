package dev.crossfade.store;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Optional;

/** Single-use tickets. Every call blocks for a round trip. */
public final class TicketStore {

  private final Database database;

  public TicketStore(Database database) {
    this.database = database;
  }

  public void add(String id, String token, Instant expiresAt) {
    database.inTransaction(
        session -> {
          TicketRow row = new TicketRow();
          row.id = id;
          row.token = token;
          row.expiresAt = expiresAt;
          session.persist(row);
          return null;
        });
  }

  /** Redeems a ticket for its token; empty if it was used, has expired or was never issued. */
  public Optional<String> redeem(String id, Instant now) {
    return database.inTransaction(
        session -> {
          TicketRow row = session.find(TicketRow.class, id, LockModeType.PESSIMISTIC_WRITE);
          if (row == null) {
            return Optional.empty();
          }
          session.remove(row);
          return now.isBefore(row.expiresAt) ? Optional.of(row.token) : Optional.empty();
        });
  }

  /** Deletes expired tickets. */
  public void prune(Instant now) {
    database.inTransaction(
        session ->
            session
                .createMutationQuery("delete from TicketRow where expiresAt < :now")
                .setParameter("now", now)
                .executeUpdate());
  }
}
