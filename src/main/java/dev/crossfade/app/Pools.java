package dev.crossfade.app;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.store.PostgresSession;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/** The connection pool used when none is configured in JNDI. */
final class Pools {

  /** Shared by two writers, the delivery threads, and requests on Tomcat's threads. */
  private static final int CONNECTIONS = 20;

  /** How long a request waits for a connection before it is refused. */
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);

  /**
   * Socket timeout for a PostgreSQL whose machine has vanished; by default the driver blocks the
   * request's thread forever. A parameter in the URL takes precedence.
   */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  /** Tomcat warns about threads that outlive the application. */
  private static final Duration THREAD_ENDS_WITHIN = Duration.ofSeconds(2);

  private Pools() {}

  /** A pool whose close, unlike Hikari's, waits until its threads have ended. */
  record Pool(HikariDataSource dataSource, List<Thread> threads) implements AutoCloseable {
    @Override
    public void close() throws InterruptedException {
      dataSource.close();
      for (Thread thread : threads) {
        thread.join(THREAD_ENDS_WITHIN.toMillis());
      }
    }
  }

  static Pool open(Settings settings, ThreadFactory threads) {
    List<Thread> started = new CopyOnWriteArrayList<>();
    HikariConfig config = new HikariConfig();
    config.setPoolName("crossfade");
    config.setThreadFactory(
        work -> {
          Thread thread = threads.newThread(work);
          started.removeIf(old -> old.getState() == Thread.State.TERMINATED);
          started.add(thread);
          return thread;
        });
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(CONNECT_WITHIN.toMillis());
    if (settings.store().embedded()) {
      config.setDriverClassName("org.h2.Driver");
      config.setJdbcUrl(h2Url(settings.node().home()));
      config.setUsername("sa");
      config.setPassword("");
    } else {
      config.setDriverClassName("org.postgresql.Driver");
      config.setJdbcUrl(settings.store().url());
      config.setUsername(settings.store().user());
      config.setPassword(settings.store().password());
      config.setConnectionInitSql(PostgresSession.statements());
      config.addDataSourceProperty("socketTimeout", Long.toString(ANSWER_WITHIN.toSeconds()));
    }
    return new Pool(new HikariDataSource(config), started);
  }

  /**
   * WRITE_DELAY=0, because H2's default loses the last half second of commits when the process is
   * killed. DB_CLOSE_ON_EXIT=FALSE, because H2's shutdown hook would close the database while it is
   * in use. ANALYZE_AUTO=0: see {@code H2Session}.
   */
  private static String h2Url(Path home) {
    return "jdbc:h2:file:"
        + home.toAbsolutePath().resolve("crossfade")
        + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000;ANALYZE_AUTO=0";
  }
}
