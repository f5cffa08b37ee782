package dev.crossfade.app;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/** Our own pool of database connections, where ops gave none by JNDI. */
final class Pools {

  /** Two writers, the delivery threads, and requests on Tomcat's threads, which wait their turn. */
  private static final int CONNECTIONS = 20;

  /** Then a request is told to come back later. */
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);

  /**
   * A PostgreSQL that has not answered by then never will: its machine is gone, and did not say so.
   * The driver waits for ever by default, with a request's thread. A parameter in the URL wins.
   */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  /** Tomcat warns of a thread that outlives the application. */
  private static final Duration THREAD_ENDS_WITHIN = Duration.ofSeconds(2);

  private Pools() {}

  /** A pool whose close also waits until its threads have ended, which Hikari's own does not. */
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
      config.addDataSourceProperty("socketTimeout", Long.toString(ANSWER_WITHIN.toSeconds()));
    }
    return new Pool(new HikariDataSource(config), started);
  }

  /**
   * WRITE_DELAY=0, because H2's default loses what was committed in the last half second of a
   * killed process. DB_CLOSE_ON_EXIT=FALSE, because H2's own shutdown hook would close it under our
   * feet.
   */
  private static String h2Url(Path home) {
    return "jdbc:h2:file:"
        + home.toAbsolutePath().resolve("crossfade")
        + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000";
  }
}
