package dev.crossfade.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.support.PostgreSql;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresShopListIT extends ShopListContract {

  private static HikariDataSource pool;

  @BeforeAll
  static void connect() throws Exception {
    HikariConfig config = new HikariConfig();
    config.setDataSource(PostgreSql.server().getPostgresDatabase());
    pool = new HikariDataSource(config);
  }

  @AfterAll
  static void disconnect() {
    pool.close();
  }

  @Override
  DataSource dataSource() {
    return pool;
  }
}
