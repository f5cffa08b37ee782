package dev.crossfade.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a session of PostgreSQL needs, so that a node which was frozen or cut off in the middle of a
 * transaction cannot hold up the others.
 */
public final class PostgresSession {

  /**
   * Milliseconds, all of them off by default: a wait for a lock; a statement, less than the 30 s in
   * which the driver must get an answer; and a transaction that does nothing, whose locks are given
   * back then.
   */
  private static final Map<String, Integer> SETTINGS =
      new TreeMap<>(
          Map.of(
              "lock_timeout", 2_000,
              "statement_timeout", 20_000,
              "idle_in_transaction_session_timeout", 5_000));

  private static final Logger LOG = LoggerFactory.getLogger(PostgresSession.class);

  private PostgresSession() {}

  /** Run on each new connection of a pool. */
  public static String statements() {
    return SETTINGS.entrySet().stream()
        .map(setting -> "set " + setting.getKey() + " = " + setting.getValue())
        .collect(Collectors.joining("; "));
  }

  /** The same as a parameter of the driver's URL. */
  private static String urlOptions() {
    return "options="
        + SETTINGS.entrySet().stream()
            .map(setting -> "-c%20" + setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining("%20"));
  }

  /** Says so in the log where one of them is off, as in a pool of Tomcat's. Blocks. */
  static void warnOfWaits(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      List<String> missing = missing(connection);
      if (!missing.isEmpty()) {
        LOG.warn(
            "a node that freezes in a transaction can hold up all others, because {} is off: add {}"
                + " to the URL of the database",
            String.join(", ", missing),
            urlOptions());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The database cannot be reached: " + e.getMessage(), e);
    }
  }

  /** Which of them are off on this connection. Blocks for a round trip each. */
  private static List<String> missing(Connection connection) throws SQLException {
    List<String> missing = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement("select current_setting(?)")) {
      for (String setting : SETTINGS.keySet()) {
        statement.setString(1, setting);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          if ("0".equals(row.getString(1))) {
            missing.add(setting);
          }
        }
      }
    }
    return missing;
  }
}
