package dev.crossfade.app;

import dev.crossfade.store.Database;
import java.time.Clock;
import javax.sql.DataSource;

/** The database of this node. */
final class Stores {

  final Database database;
  final Clock clock;
  final boolean embedded;

  /** {@code given} is ops' own DataSource, or null. */
  Stores(Settings settings, DataSource given, Clock clock, Closing closing) {
    this.clock = clock;
    DataSource dataSource =
        given == null
            ? closing.keep(Pools.open(settings, Threads.factory("pool"))).dataSource()
            : given;
    embedded = given == null && settings.store().embedded();
    database =
        closing.keep(
            new Database(
                dataSource,
                settings.store().h2Checkpoint(),
                embedded ? settings.node().home().toFile() : null));
  }
}
