package dev.crossfade.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.h2.engine.Constants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an H2 database needs to keep its promises and its pace. Every call blocks. */
final class H2Session {

  private static final Logger LOG = LoggerFactory.getLogger(H2Session.class);

  private H2Session() {}

  /**
   * Whether it is H2 at all. H2's default of 500 ms loses the last half second of commits when the
   * process is killed; then this throws IllegalStateException with a message for operators.
   */
  static boolean refuseForgetful(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      if (!"H2".equals(connection.getMetaData().getDatabaseProductName())) {
        return false;
      }
      if (!"0".equals(setting(connection, "WRITE_DELAY"))) {
        throw new IllegalStateException(
            "This H2 database would lose acknowledged messages when the process is killed:"
                + " its write delay is not 0. Add ;WRITE_DELAY=0 to its URL.");
      }
      return true;
    } catch (SQLException e) {
      throw new IllegalStateException("The database cannot be reached: " + e.getMessage(), e);
    }
  }

  /**
   * H2 takes its statistics when a table has grown by 2,000 rows and keeps the first rows' picture:
   * where each conversation had one message then, it believes that a conversation's id names one
   * message, and reads whole conversations. Without statistics it takes the index that fits best.
   */
  static void forgetStatistics(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      List<String> resets = new ArrayList<>();
      try (ResultSet column =
          statement.executeQuery(
              "select table_name, column_name from information_schema.columns"
                  + " where table_schema = current_schema and selectivity <> "
                  + Constants.SELECTIVITY_DEFAULT)) {
        while (column.next()) {
          resets.add(
              "alter table \"%s\" alter column \"%s\" selectivity %d"
                  .formatted(
                      column.getString(1), column.getString(2), Constants.SELECTIVITY_DEFAULT));
        }
      }
      for (String reset : resets) {
        statement.execute(reset);
      }
      if (!"0".equals(setting(connection, "ANALYZE_AUTO"))) {
        LOG.warn(
            "this H2 database will read long conversations slowly: add ;ANALYZE_AUTO=0 to its URL");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The database cannot be prepared: " + e.getMessage(), e);
    }
  }

  /** A setting of H2; null if it has none of this name. */
  private static String setting(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select setting_value from information_schema.settings where setting_name = ?")) {
      statement.setString(1, name);
      try (ResultSet result = statement.executeQuery()) {
        return result.next() ? result.getString(1) : null;
      }
    }
  }
}
