package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2MessageStoreIT extends MessageStoreContract {

  @TempDir static Path folder;

  @Override
  DataSource dataSource() {
    return pool("contract;WRITE_DELAY=0;ANALYZE_AUTO=0");
  }

  @Test
  void an_h2_that_would_forget_is_refused() {
    assertThatThrownBy(() -> new Database(pool("forgetful"), true, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("WRITE_DELAY=0");
    assertThat(folder.resolve("forgetful.mv.db")).exists();
  }

  private static DataSource pool(String name) {
    return JdbcConnectionPool.create(
        "jdbc:h2:file:" + folder.resolve(name) + (name.contains(";") ? ";LOCK_TIMEOUT=10000" : ""),
        "sa",
        "");
  }
}
