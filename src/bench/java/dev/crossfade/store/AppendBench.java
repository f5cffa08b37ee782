package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Role;
import dev.crossfade.support.PostgreSql;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What one message of a batch costs, sync included, in conversations that hold from a hundred to a
 * hundred thousand messages, one after the other in each round: flat is what it should be. And what
 * it costs in batches of one to two hundred, spread over a thousand conversations: what a batch
 * costs whatever is in it is why the journal lets them gather.
 */
@Tag("long")
class AppendBench {

  private static final int[] HELD = {100, 1_000, 10_000, 100_000};
  private static final int BATCH = 50;
  private static final int BATCHES = 40;
  private static final int ROUNDS = 5;
  private static final int SPREAD = 1_000;
  private static final int[] SIZES = {1, 5, 50, 200};

  private static final Caller AGENT =
      new Caller("agent", "bench", Role.AGENT, null, Instant.MIN, null, Instant.MAX);

  @TempDir Path folder;

  @Test
  void on_h2() throws Exception {
    var pool =
        JdbcConnectionPool.create("jdbc:h2:" + folder.resolve("db") + ";WRITE_DELAY=0;ANALYZE_AUTO=0", "sa", "");
    measure("H2", pool);
    pool.dispose();
  }

  @Test
  void on_postgresql() throws Exception {
    measure("PostgreSQL", PostgreSql.server().getPostgresDatabase());
  }

  private static void measure(String name, DataSource source) throws SQLException {
    try (Database database = new Database(source, true, null)) {
      MessageStore messages = new MessageStore(database, Clock.systemUTC());
      ConversationStore conversations = new ConversationStore(database, Clock.systemUTC());
      List<Long> ids = new ArrayList<>();
      for (int held : HELD) {
        String visitor = UUID.randomUUID().toString();
        long id = conversations.open("bench", visitor, null, null).conversation().id();
        fill(source, id, held);
        ids.add(id);
      }
      for (int round = 0; round <= ROUNDS; round++) {
        StringBuilder line = new StringBuilder(name + (round == 0 ? ", cold:" : ":"));
        for (int i = 0; i < HELD.length; i++) {
          double micros = append(database, messages, ids.get(i), round);
          line.append(String.format(Locale.ROOT, "  %,d held: %.0f us", HELD[i], micros));
        }
        System.out.println(line);
      }
      spread(name, database, messages, conversations);
    }
  }

  private static void spread(
      String name, Database database, MessageStore messages, ConversationStore conversations) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < SPREAD; i++) {
      String visitor = UUID.randomUUID().toString();
      ids.add(conversations.open("bench", visitor, null, null).conversation().id());
    }
    Random random = new Random(1);
    for (int round = 1; round <= ROUNDS; round++) {
      StringBuilder line = new StringBuilder(name + ", over " + SPREAD + " conversations:");
      for (int size : SIZES) {
        long begin = System.nanoTime();
        int batches = BATCH * BATCHES / size;
        for (int batch = 0; batch < batches; batch++) {
          List<MessageStore.Entry> entries = new ArrayList<>();
          for (int i = 0; i < size; i++) {
            long id = ids.get(random.nextInt(SPREAD));
            String clientMsgId = UUID.randomUUID().toString();
            entries.add(
                new MessageStore.Entry(AGENT, new Draft(id, "hello", clientMsgId, null, null)));
          }
          database.inTransaction(session -> messages.append(session, entries));
        }
        double micros = (System.nanoTime() - begin) / 1e3 / (batches * size);
        line.append(String.format(Locale.ROOT, "  %d at once: %.0f us", size, micros));
      }
      System.out.println(line);
    }
  }

  private static double append(Database database, MessageStore messages, long id, int round) {
    long begin = System.nanoTime();
    for (int batch = 0; batch < BATCHES; batch++) {
      List<MessageStore.Entry> entries = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        String clientMsgId = round + "-" + batch + "-" + i;
        entries.add(
            new MessageStore.Entry(AGENT, new Draft(id, "hello", clientMsgId, null, null)));
      }
      database.inTransaction(session -> messages.append(session, entries));
    }
    return (System.nanoTime() - begin) / 1e3 / (BATCHES * BATCH);
  }

  /** Other people's messages, written past the store. */
  private static void fill(DataSource source, long conversation, int held) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into message (id, conversation_id, seq, sender_id, sender_role, content,"
                    + " message_type, client_msg_id, created_at)"
                    + " values (?, ?, ?, 'agent', 'agent', 'hello', 'text', ?, current_timestamp)");
        PreparedStatement raise =
            connection.prepareStatement("update conversation set head = ? where id = ?")) {
      for (int seq = 1; seq <= held; seq++) {
        insert.setLong(1, -(conversation * 1_000_000 + seq));
        insert.setLong(2, conversation);
        insert.setLong(3, seq);
        insert.setString(4, "filled-" + seq);
        insert.addBatch();
        if (seq % 1_000 == 0 || seq == held) {
          insert.executeBatch();
        }
      }
      raise.setLong(1, held);
      raise.setLong(2, conversation);
      raise.executeUpdate();
    }
  }
}
