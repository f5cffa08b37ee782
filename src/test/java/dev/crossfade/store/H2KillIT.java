package dev.crossfade.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What H2 has committed outlives kill -9, once its file reuses the space of what was overwritten.
 *
 * <p>H2 2.5.252 does not: in the chaos runs of half an hour, four kills of eight lost what had been
 * acknowledged in the last 0.1 to 1 s, although each commit had been written and synced; here, 15
 * of 17. 2.3.232 and 2.4.240 lost nothing in 91 and 61 kills. So the version is pinned, and this
 * says no when it is raised too early. H2 keeps overwritten pages for 45 s; without that, seconds
 * are enough to come to it.
 */
class H2KillIT {

  private static final String OPTIONS =
      ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000;RETENTION_TIME=0";
  private static final int WRITERS = 8;
  private static final int KILLS = 4;

  /** Some 40 kB for each commit; at some MB the file is reused. */
  private static final int COMMITS = 600;

  @TempDir Path folder;

  @Test
  void a_file_that_reuses_its_space_keeps_what_was_committed() throws Exception {
    String url = "jdbc:h2:file:" + folder.resolve("crossfade") + OPTIONS;
    for (int kill = 0; kill < KILLS; kill++) {
      Path acknowledged = folder.resolve("acknowledged-" + kill);
      Process writer = start(url, acknowledged);
      try {
        await()
            .atMost(Duration.ofMinutes(1))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> lines(acknowledged).size() >= COMMITS || !writer.isAlive());
      } finally {
        writer.destroyForcibly().waitFor();
      }
      Map<Integer, Long> last = new TreeMap<>();
      lines(acknowledged).forEach(line -> last.put((int) line[0], line[1]));
      assertThat(last).as("who was acknowledged something").hasSize(WRITERS);
      Map<Integer, Long> stored = stored(url);
      last.forEach(
          (conversation, seq) ->
              assertThat(stored.getOrDefault(conversation, 0L))
                  .as("conversation %s after the kill", conversation)
                  .isGreaterThanOrEqualTo(seq));
    }
  }

  /**
   * Not by the DriverManager: an application that was undeployed in this JVM takes its driver out.
   */
  private static Connection connect(String url) throws SQLException {
    JdbcDataSource source = new JdbcDataSource();
    source.setUrl(url);
    return source.getConnection("sa", "");
  }

  private static Process start(String url, Path acknowledged) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java, "-cp", System.getProperty("java.class.path"), Writer.class.getName(), url)
        .redirectOutput(acknowledged.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The last line may be half a line. */
  private static List<long[]> lines(Path file) throws Exception {
    String text = Files.exists(file) ? Files.readString(file) : "";
    List<long[]> lines = new ArrayList<>();
    text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .map(line -> line.split(" "))
        .forEach(p -> lines.add(new long[] {Long.parseLong(p[0]), Long.parseLong(p[1])}));
    return lines;
  }

  /** Opens it as a restart would, and leaves it as another kill would. */
  private static Map<Integer, Long> stored(String url) throws SQLException {
    Map<Integer, Long> stored = new TreeMap<>();
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery("select conversation, max(seq) from m group by conversation")) {
        while (rows.next()) {
          stored.put(rows.getInt(1), rows.getLong(2));
        }
      }
      statement.execute("shutdown immediately");
    }
    return stored;
  }

  /** Commits in eight threads until it is killed, and prints what it has committed. */
  static final class Writer {

    private Writer() {}

    public static void main(String[] arguments) throws SQLException {
      String url = arguments[0];
      List<Connection> connections = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        connections.add(connect(url));
      }
      try (Statement statement = connections.get(0).createStatement()) {
        statement.execute(
            "create table if not exists m (conversation int, seq bigint, body varchar(5000),"
                + " primary key (conversation, seq))");
      }
      for (int i = 0; i < WRITERS; i++) {
        int conversation = i;
        new Thread(() -> write(connections.get(conversation), conversation)).start();
      }
    }

    private static void write(Connection connection, int conversation) {
      try (Statement statement = connection.createStatement()) {
        long seq;
        try (ResultSet row =
            statement.executeQuery(
                "select coalesce(max(seq), 0) from m where conversation = " + conversation)) {
          row.next();
          seq = row.getLong(1);
        }
        while (true) {
          seq++;
          String body = "x".repeat(seq % 10 == 0 ? 4_000 : 40);
          statement.execute(
              "insert into m values (" + conversation + ", " + seq + ", '" + body + "')");
          synchronized (Writer.class) {
            System.out.println(conversation + " " + seq);
            System.out.flush();
          }
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
