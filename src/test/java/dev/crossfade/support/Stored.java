package dev.crossfade.support;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Role;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.Database;
import dev.crossfade.store.Journal;
import dev.crossfade.store.MessageStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.h2.jdbcx.JdbcConnectionPool;

/** Messages in a real store, committed one by one and told to nobody. */
public final class Stored implements AutoCloseable {

  private final JdbcConnectionPool pool;
  public final Database database;
  public final MessageStore messages;
  public final ConversationStore conversations;
  private Journal<MessageStore.Entry, Posted> journal;
  private int visitors;

  public Stored(Path folder) {
    pool =
        JdbcConnectionPool.create("jdbc:h2:" + folder.resolve("db") + ";WRITE_DELAY=0", "sa", "");
    database = new Database(pool, false, null);
    messages = new MessageStore(database, Clock.systemUTC());
    conversations = new ConversationStore(database, Clock.systemUTC());
  }

  /** A conversation of its own. */
  public long conversation() {
    return conversations.open("demo", visitor(++visitors), null, null).conversation().id();
  }

  public Message commit(long conversation) {
    Caller writer = new Caller("agent", "demo", Role.AGENT, null, Instant.MIN, null, Instant.MAX);
    var entry = new MessageStore.Entry(writer, new Draft(conversation, "text", null, null, null));
    var posted = database.inTransaction(session -> messages.append(session, List.of(entry)));
    return posted.get(0).result().message();
  }

  /** The one writer, for as long as this is open. */
  public Journal<MessageStore.Entry, Posted> journal() {
    if (journal == null) {
      journal = new Journal<>(database, messages::append, 100, 100, System::nanoTime, Thread::new);
    }
    return journal;
  }

  /** No connection is to be had until this is closed, and a second of waiting tells so. */
  public AutoCloseable unavailable() throws SQLException {
    pool.setLoginTimeout(1);
    pool.setMaxConnections(1);
    Connection only = pool.getConnection();
    return () -> {
      only.close();
      pool.setMaxConnections(10);
    };
  }

  private static String visitor(int number) {
    return "visitor-" + number;
  }

  @Override
  public void close() {
    if (journal != null) {
      journal.close();
    }
    database.close();
    pool.dispose();
  }
}
