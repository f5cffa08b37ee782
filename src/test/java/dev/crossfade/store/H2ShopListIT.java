package dev.crossfade.store;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.io.TempDir;

class H2ShopListIT extends ShopListContract {

  @TempDir static Path folder;

  @Override
  DataSource dataSource() {
    return JdbcConnectionPool.create(
        "jdbc:h2:file:" + folder.resolve("lists") + ";WRITE_DELAY=0;LOCK_TIMEOUT=10000", "sa", "");
  }
}
