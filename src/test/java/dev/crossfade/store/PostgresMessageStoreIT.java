package dev.crossfade.store;

import dev.crossfade.support.PostgreSql;
import javax.sql.DataSource;

class PostgresMessageStoreIT extends MessageStoreContract {

  @Override
  DataSource dataSource() throws Exception {
    return PostgreSql.server().getPostgresDatabase();
  }
}
