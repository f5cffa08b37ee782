package dev.crossfade.store;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.persistence.PersistenceException;
import java.io.File;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.h2.api.ErrorCode;
import org.h2.jdbc.JdbcException;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.AvailableSettings;
import org.hibernate.cfg.Configuration;
import org.hibernate.exception.ConstraintViolationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only access to the database. Every call blocks the calling thread for a round trip.
 * Thread-safe.
 */
public final class Database implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  /**
   * An embedded database is not written to when less disk space than this is free. A failed write
   * closes H2 for good, and 2.5.252 may then spin forever in the writing thread ({@code
   * MVStore.registerVersionUsage}). Leaves room for one batch and a compaction.
   */
  static final long MIN_FREE_BYTES = 100L << 20;

  /** H2 error codes for a failed write, and for the closed database that follows. */
  private static final Set<Integer> STORE_FAILED =
      Set.of(
          ErrorCode.GENERAL_ERROR_1,
          ErrorCode.IO_EXCEPTION_1,
          ErrorCode.IO_EXCEPTION_2,
          ErrorCode.DATABASE_IS_CLOSED);

  private final DataSource dataSource;
  private final SessionFactory sessions;
  private final boolean checkpoint;
  private final File disk;
  private final String epoch;
  private volatile boolean diskFull;
  private volatile boolean failed;

  /**
   * Migrates the schema and opens the database.
   *
   * @param dataSource closed by the caller
   * @param h2Checkpoint on H2, whether to sync to disk after each commit; without it an
   *     acknowledged message survives a crash of the process but not of the machine
   * @param disk directory of an embedded database, whose free space is checked; otherwise null
   * @throws IllegalStateException with a message for operators if this database would lose
   *     acknowledged messages
   */
  public Database(DataSource dataSource, boolean h2Checkpoint, File disk) {
    this.dataSource = dataSource;
    this.disk = disk;
    boolean h2 = H2Session.refuseForgetful(dataSource);
    this.checkpoint = h2 && h2Checkpoint;
    FluentConfiguration migrations =
        Flyway.configure(Database.class.getClassLoader())
            .dataSource(dataSource)
            .locations("classpath:db/migration")
            .table("crossfade_schema")
            .baselineOnMigrate(true)
            .baselineVersion("0");
    // Otherwise its lock is a transaction that stands idle while a migration runs.
    migrations
        .getConfigurationExtension(PostgreSQLConfigurationExtension.class)
        .setTransactionalLock(false);
    migrations.load().migrate();
    if (h2) {
      H2Session.forgetStatistics(dataSource);
    } else {
      PostgresSession.warnOfWaits(dataSource);
    }
    this.sessions = sessionFactory(dataSource);
    this.epoch = inTransaction(Database::epochOf);
  }

  /**
   * Runs work that writes. On return it is committed and, on H2, on disk. Throws {@code
   * unavailable} and writes nothing if the disk of an embedded database is full.
   */
  public <T> T inTransaction(Function<Session, T> work) {
    requireDisk();
    T result = run(work);
    if (checkpoint) {
      sync();
    }
    return result;
  }

  /** Runs work that only reads. */
  public <T> T read(Function<Session, T> work) {
    return run(work);
  }

  /** Identifies the log that seq counts in; changes only when a backup is restored. */
  public String epoch() {
    return epoch;
  }

  /** Whether a query succeeds now. Blocks up to the pool's timeout. */
  public boolean reachable() {
    try (Connection connection = dataSource.getConnection()) {
      return connection.isValid(2);
    } catch (SQLException unreachable) {
      return false;
    }
  }

  /** Whether an embedded database has closed itself; only a restart reopens it. */
  public boolean failed() {
    return failed;
  }

  @Override
  public void close() {
    sessions.close();
  }

  private <T> T run(Function<Session, T> work) {
    try {
      return sessions.fromTransaction(work);
    } catch (ChatException | ConstraintViolationException answer) {
      throw answer;
    } catch (PersistenceException | IllegalStateException e) {
      noticeFailure(e);
      LOG.warn("database: {}", String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      LOG.debug("database", e);
      throw new ChatException(Problem.UNAVAILABLE);
    }
  }

  private void requireDisk() {
    boolean full = disk != null && disk.getUsableSpace() < MIN_FREE_BYTES;
    if (full != diskFull) {
      diskFull = full;
      LOG.warn(
          full
              ? "database: the disk of {} is full: nothing is stored until there is room"
              : "database: the disk of {} has room again",
          disk);
    }
    if (full) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", 5);
    }
  }

  private void noticeFailure(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof JdbcException h2) {
        // Stop here: the causes below may form a cycle.
        if (STORE_FAILED.contains(h2.getErrorCode()) && !failed) {
          failed = true;
          LOG.error(
              "database: the embedded database closed itself after a failed write: restart"
                  + " Crossfade");
        }
        return;
      }
    }
  }

  private void sync() {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT SYNC");
    } catch (SQLException e) {
      noticeFailure(e);
      // Committed, but perhaps not on disk: the sender must not get an acknowledgement.
      LOG.warn("database: sync failed: {}", e.getMessage());
      throw new ChatException(Problem.UNAVAILABLE);
    }
  }

  private static String epochOf(Session session) {
    ChatLogRow row = session.find(ChatLogRow.class, ChatLogRow.ONLY);
    if (row == null) {
      row = new ChatLogRow();
      row.id = ChatLogRow.ONLY;
      row.epoch = UUID.randomUUID().toString().substring(0, 8);
      session.persist(row);
    }
    return row.epoch;
  }

  private static SessionFactory sessionFactory(DataSource dataSource) {
    Configuration configuration = new Configuration();
    configuration.getProperties().put(AvailableSettings.JAKARTA_NON_JTA_DATASOURCE, dataSource);
    configuration.setProperty(AvailableSettings.STATEMENT_BATCH_SIZE, "100");
    configuration.setProperty(AvailableSettings.ORDER_INSERTS, "true");
    configuration.setProperty(AvailableSettings.ORDER_UPDATES, "true");
    configuration.setProperty("hibernate.jdbc.time_zone", "UTC");
    for (Class<?> row :
        new Class<?>[] {
          ConversationRow.class,
          MessageRow.class,
          ReceiptRow.class,
          NoteRow.class,
          CannedReplyRow.class,
          DeviceRow.class,
          ShopRow.class,
          TicketRow.class,
          RolloutNodeRow.class,
          ToggleRow.class,
          AuditRow.class,
          RevocationRow.class,
          ChatLogRow.class
        }) {
      configuration.addAnnotatedClass(row);
    }
    return configuration.buildSessionFactory();
  }
}
