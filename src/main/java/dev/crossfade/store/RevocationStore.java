package dev.crossfade.store;

import java.time.Instant;
import java.util.List;

/** Revoked tokens. Every call blocks for a round trip. */
public final class RevocationStore {

  /**
   * Revokes one token of a user, or all those issued up to an instant.
   *
   * @param tokenId the {@code jti}; null for every token
   */
  public record Revocation(String shopId, String userId, String tokenId, Instant issuedUpTo) {}

  private final Database database;

  public RevocationStore(Database database) {
    this.database = database;
  }

  /** Adds a revocation, or updates the instant of an existing one. */
  public void save(Revocation revocation, String reason, String by) {
    database.inTransaction(
        session -> {
          RevocationRow row = new RevocationRow();
          row.shopId = revocation.shopId();
          row.userId = revocation.userId();
          row.tokenId = revocation.tokenId() == null ? "" : revocation.tokenId();
          row.issuedUpTo = revocation.issuedUpTo();
          row.reason = reason;
          row.revokedBy = by;
          row.revokedAt = revocation.issuedUpTo();
          return session.merge(row);
        });
  }

  /** The revocations at or after {@code from}. */
  public List<Revocation> since(Instant from) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from RevocationRow where revokedAt >= :from", RevocationRow.class)
                .setParameter("from", from)
                .getResultList()
                .stream()
                .map(
                    row ->
                        new Revocation(
                            row.shopId,
                            row.userId,
                            row.tokenId.isEmpty() ? null : row.tokenId,
                            row.issuedUpTo))
                .toList());
  }

  /** Deletes revocations whose tokens have all expired. */
  public void prune(Instant before) {
    database.inTransaction(
        session ->
            session
                .createMutationQuery("delete from RevocationRow where revokedAt < :before")
                .setParameter("before", before)
                .executeUpdate());
  }
}
