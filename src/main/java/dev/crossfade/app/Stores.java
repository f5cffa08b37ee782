package dev.crossfade.app;

import dev.crossfade.model.Posted;
import dev.crossfade.store.Database;
import dev.crossfade.store.Journal;
import dev.crossfade.store.MessageStore;
import java.time.Clock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/** The database of this node. */
final class Stores {

  final Database database;
  final Clock clock;
  final boolean embedded;
  final MessageStore messages;
  private Journal<MessageStore.Entry, Posted> journal;

  /** {@code given} is the DataSource configured in JNDI, or null. */
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
    messages = new MessageStore(database, clock);
  }

  /** Opens the journal. The threads that pass on its results must already exist. */
  void openJournal(Settings settings, LongSupplier nanos, Closing closing) {
    journal =
        closing.keep(
            new Journal<>(
                database,
                messages.batches(),
                settings.store().journalCapacity(),
                settings.store().journalBatch(),
                nanos,
                Threads.factory("journal")));
  }

  Journal<MessageStore.Entry, Posted> journal() {
    return journal;
  }
}
