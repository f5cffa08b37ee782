package dev.crossfade.support;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/** A real PostgreSQL from Maven, one for the whole run; each user makes a database of its own. */
public final class PostgreSql {

  private static EmbeddedPostgres server;

  private PostgreSql() {}

  public static synchronized EmbeddedPostgres server() throws IOException, SQLException {
    // An application that stopped in this JVM took the driver, whose loader it shared, with it.
    DriverManager.registerDriver(new Driver());
    if (server == null) {
      server =
          EmbeddedPostgres.builder()
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .start();
    }
    return server;
  }

  /**
   * Not by the DriverManager, from which another test's application may just have taken the driver.
   */
  public static Connection connect(String url) throws SQLException {
    Properties who = new Properties();
    who.setProperty("user", "postgres");
    who.setProperty("password", "postgres");
    return new Driver().connect(url, who);
  }

  /** Makes a database and answers its JDBC URL; user and password are both {@code postgres}. */
  public static String create(String name) throws Exception {
    try (var connection = server().getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return server().getJdbcUrl("postgres", name);
  }
}
