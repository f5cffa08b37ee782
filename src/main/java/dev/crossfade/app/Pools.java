package dev.crossfade.app;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.time.Duration;

/** Our own pool of database connections, where ops gave none by JNDI. */
final class Pools {

  /** Two writers, the delivery threads, and requests on Tomcat's threads, which wait their turn. */
  private static final int CONNECTIONS = 20;

  /** Then a request is told to come back later. */
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);

  private Pools() {}

  static HikariDataSource open(Settings settings) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("crossfade");
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(CONNECT_WITHIN.toMillis());
    if (settings.store().equals("h2")) {
      config.setDriverClassName("org.h2.Driver");
      config.setJdbcUrl(h2Url(settings.home()));
      config.setUsername("sa");
      config.setPassword("");
    } else {
      config.setDriverClassName("org.postgresql.Driver");
      config.setJdbcUrl(settings.store());
      config.setUsername(settings.storeUser());
      config.setPassword(settings.storePassword());
    }
    return new HikariDataSource(config);
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
