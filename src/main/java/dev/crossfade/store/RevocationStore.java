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

  /** Revocations, and the highest revision among them; 0 where there are none. */
  public record Read(List<Revocation> revocations, long revision) {}

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
          row.revision =
              session
                  .createNativeQuery("select nextval('revocation_order')", Long.class)
                  .getSingleResult();
          return session.merge(row);
        });
  }

  /** The revocations from a revision on; a version that knew none has written 0. */
  public Read from(long revision) {
    List<RevocationRow> rows =
        database.read(
            session ->
                session
                    .createSelectionQuery(
                        "from RevocationRow where revision >= :revision", RevocationRow.class)
                    .setParameter("revision", revision)
                    .getResultList());
    return new Read(
        rows.stream().map(RevocationStore::revocation).toList(),
        rows.stream().mapToLong(row -> row.revision).max().orElse(0));
  }

  private static Revocation revocation(RevocationRow row) {
    return new Revocation(
        row.shopId, row.userId, row.tokenId.isEmpty() ? null : row.tokenId, row.issuedUpTo);
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
