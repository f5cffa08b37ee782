package dev.crossfade.store;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.hibernate.Session;

/**
 * The state of a toggle and the log of who changed it, written together. Every call blocks for a
 * round trip.
 */
public final class ToggleTable {

  /** A toggle as stored; {@code parameters} is a JSON object of strings. */
  public record Stored(
      String feature, boolean enabled, String strategy, String parameters, long revision) {}

  /** {@code from}, {@code to}, {@code refused} may be null. */
  public record Audited(
      long seq,
      Instant at,
      String actor,
      String action,
      String from,
      String to,
      String reason,
      String refused,
      String prevHash,
      String hash) {}

  /** Before the first entry. */
  public static final String NO_HASH = "0".repeat(64);

  private final Database database;

  public ToggleTable(Database database) {
    this.database = database;
  }

  public Optional<Stored> find(String feature) {
    return database.read(
        session -> Optional.ofNullable(session.find(ToggleRow.class, feature)).map(this::stored));
  }

  /**
   * Replaces the toggle where its revision still is {@code expected}, and writes the audit entry in
   * the same transaction.
   *
   * @param seal turns an entry with seq and prevHash into one with its hash
   * @return whether it was replaced; false changes nothing
   */
  public boolean replace(long expected, Stored next, Audited entry, UnaryOperator<Audited> seal) {
    return database.inTransaction(
        session -> {
          // The audit log is the lock: first changes of a new toggle have no row to lock yet.
          Audited sealed = seal.apply(numbered(session, entry));
          ToggleRow row =
              session.find(ToggleRow.class, next.feature(), LockModeType.PESSIMISTIC_WRITE);
          if ((row == null ? 0 : row.revision) != expected) {
            return false;
          }
          boolean first = row == null;
          if (first) {
            row = new ToggleRow();
            row.feature = next.feature();
          }
          row.enabled = next.enabled();
          row.strategy = next.strategy();
          row.parameters = next.parameters();
          row.revision = next.revision();
          if (first) {
            session.persist(row);
          }
          session.persist(row(sealed));
          return true;
        });
  }

  /** Appends an entry without changing anything: a refused action. */
  public void audit(Audited entry, UnaryOperator<Audited> seal) {
    database.inTransaction(
        session -> {
          session.persist(row(seal.apply(numbered(session, entry))));
          return null;
        });
  }

  /** Newest first, those with seq below {@code before}. */
  public List<Audited> entries(long before, int limit) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from AuditRow where seq < :before order by seq desc", AuditRow.class)
                .setParameter("before", before)
                .setMaxResults(limit)
                .getResultList()
                .stream()
                .map(ToggleTable::audited)
                .toList());
  }

  private static Audited numbered(Session session, Audited entry) {
    AuditRow last =
        session
            .createSelectionQuery("from AuditRow order by seq desc", AuditRow.class)
            .setMaxResults(1)
            .setLockMode(LockModeType.PESSIMISTIC_WRITE)
            .getSingleResultOrNull();
    return new Audited(
        last == null ? 1 : last.seq + 1,
        entry.at(),
        entry.actor(),
        entry.action(),
        entry.from(),
        entry.to(),
        entry.reason(),
        entry.refused(),
        last == null ? NO_HASH : last.hash,
        null);
  }

  private Stored stored(ToggleRow row) {
    return new Stored(row.feature, row.enabled, row.strategy, row.parameters, row.revision);
  }

  private static AuditRow row(Audited entry) {
    AuditRow row = new AuditRow();
    row.seq = entry.seq();
    row.at = entry.at();
    row.actor = entry.actor();
    row.action = entry.action();
    row.fromState = entry.from();
    row.toState = entry.to();
    row.reason = entry.reason();
    row.refused = entry.refused();
    row.prevHash = entry.prevHash();
    row.hash = entry.hash();
    return row;
  }

  private static Audited audited(AuditRow row) {
    return new Audited(
        row.seq,
        row.at,
        row.actor,
        row.action,
        row.fromState,
        row.toState,
        row.reason,
        row.refused,
        row.prevHash,
        row.hash);
  }
}
