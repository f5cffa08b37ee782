package dev.crossfade;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.postgresql.Driver;

/** The same promises on the other store. */
class PostgresContractIT extends TransportContract {

  private EmbeddedPostgres postgres;

  @Override
  void configure(CrossfadeServer server) {
    try {
      // An application that stopped in this JVM took the driver, whose loader it shared, with it.
      DriverManager.registerDriver(new Driver());
      postgres = EmbeddedPostgres.start();
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("PostgreSQL", e);
    }
    server
        .with("store", postgres.getJdbcUrl("postgres", "postgres"))
        .with("store_user", "postgres")
        .with("store_password", "postgres");
  }

  @Override
  Line line(Api who) {
    return new SocketLine(who);
  }

  @Override
  void release() throws IOException {
    postgres.close();
  }
}
