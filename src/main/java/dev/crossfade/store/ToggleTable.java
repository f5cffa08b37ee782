package dev.crossfade.store;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.hibernate.Session;
import org.hibernate.exception.ConstraintViolationException;

/**
 * The state of a toggle and its audit log, written together. Every call blocks for a round trip.
 */
public final class ToggleTable {

  /** A toggle as stored; {@code parameters} is a JSON object of strings. */
  public record Stored(
      String feature, boolean enabled, String strategy, String parameters, long revision) {}

  /** {@code from}, {@code to}, {@code refused}, {@code evidence} may be null. */
  public record Audited(
      long seq,
      Instant at,
      String actor,
      String action,
      String from,
      String to,
      String reason,
      String refused,
      String evidence,
      String prevHash,
      String hash) {}

  /** The hash that precedes the first entry. */
  public static final String NO_HASH = "0".repeat(64);

  /** More than the number of nodes that write at the same time. */
  private static final int MAX_TRIES = 20;

  private final Database database;

  public ToggleTable(Database database) {
    this.database = database;
  }

  public Optional<Stored> find(String feature) {
    return database.read(
        session -> Optional.ofNullable(session.find(ToggleRow.class, feature)).map(this::stored));
  }

  /**
   * Replaces the toggle if its revision is still {@code expected}, and writes the audit entry in
   * the same transaction.
   *
   * @param seal turns an entry with seq and prevHash into one with its hash
   * @return whether it was replaced; if not, nothing was written
   */
  public boolean replace(long expected, Stored next, Audited entry, UnaryOperator<Audited> seal) {
    return withNextNumber(
        session -> {
          // The audit log serves as the lock: before its first change a toggle has no row to lock.
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

  /** Appends the entry of a refused action, which changes nothing else. */
  public void audit(Audited entry, UnaryOperator<Audited> seal) {
    withNextNumber(
        session -> {
          session.persist(row(seal.apply(numbered(session, entry))));
          return null;
        });
  }

  /**
   * Retries when another node took the same number. On PostgreSQL a transaction that waited for the
   * last entry does not see the one after it, and an empty log cannot be locked.
   */
  private <T> T withNextNumber(Function<Session, T> work) {
    for (int tries = 1; ; tries++) {
      try {
        return database.inTransaction(work);
      } catch (ConstraintViolationException taken) {
        if (tries == MAX_TRIES) {
          throw new ChatException(Problem.UNAVAILABLE);
        }
      }
    }
  }

  /** Entries with seq below {@code before}, newest first. */
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

  /** Entries with seq above {@code after}, oldest first. */
  public List<Audited> entriesAfter(long after, int limit) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from AuditRow where seq > :after order by seq", AuditRow.class)
                .setParameter("after", after)
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
        entry.evidence(),
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
    row.evidence = entry.evidence();
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
        row.evidence,
        row.prevHash,
        row.hash);
  }
}
