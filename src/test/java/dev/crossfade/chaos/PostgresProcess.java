package dev.crossfade.chaos;

import static org.awaitility.Awaitility.await;

import dev.crossfade.support.PostgreSql;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL of its own that may be killed, paused and restarted. */
final class PostgresProcess implements AutoCloseable {

  private static final Duration START = Duration.ofSeconds(60);

  private final Path binaries;
  private final Path data;
  private final int port;
  private Process process;

  /** Makes an empty cluster with the binaries of the tests' own PostgreSQL, and starts it. */
  PostgresProcess(Path folder) throws Exception {
    binaries = Path.of(binaries());
    data = folder.resolve("postgresql");
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    run("initdb", "-A", "trust", "-U", "postgres", "-D", data.toString(), "-E", "UTF-8");
    Files.writeString(
        data.resolve("postgresql.auto.conf"),
        """
        fsync = on
        synchronous_commit = on
        full_page_writes = on
        max_connections = 100
        listen_addresses = 'localhost'
        unix_socket_directories = ''
        """);
    start();
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("create database crossfade");
    }
  }

  String url() {
    return "jdbc:postgresql://localhost:" + port + "/crossfade";
  }

  Connection connect() throws SQLException {
    return connect("crossfade");
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** All its processes: the postmaster and one for each connection and duty. */
  List<ProcessHandle> processes() throws IOException {
    Path file = data.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return List.of();
    }
    long pid = Long.parseLong(Files.readAllLines(file).get(0).trim());
    List<ProcessHandle> all = new ArrayList<>();
    ProcessHandle.of(pid)
        .ifPresent(
            postmaster -> {
              all.add(postmaster);
              postmaster.descendants().forEach(all::add);
            });
    return all;
  }

  /** SIGKILL to all of them: as when the machine's power fails, but for the disk's own cache. */
  long kill() throws IOException {
    List<ProcessHandle> all = processes();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(one -> one.onExit().orTimeout(10, TimeUnit.SECONDS).join());
    return all.size();
  }

  /** Starts it on the same data; waits until it answers. */
  void start() throws IOException {
    List<String> command = command("postgres", "-D", data.toString(), "-p", Integer.toString(port));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(data.resolveSibling("postgresql.log").toFile()))
            .start();
    await("PostgreSQL").atMost(START).pollInterval(Duration.ofMillis(100)).until(this::answers);
  }

  /** An orderly stop that does not wait for its clients, and a start. */
  void restart() throws IOException, InterruptedException {
    run("pg_ctl", "stop", "-D", data.toString(), "-m", "fast", "-w");
    process.waitFor(10, TimeUnit.SECONDS);
    start();
  }

  @Override
  public void close() throws IOException {
    kill();
  }

  private boolean answers() {
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select 1")) {
      return result.next();
    } catch (SQLException notYet) {
      return false;
    }
  }

  private Connection connect(String database) throws SQLException {
    return PostgreSql.connect(
        "jdbc:postgresql://localhost:" + port + "/" + database + "?connectTimeout=5");
  }

  private void run(String... command) throws IOException, InterruptedException {
    Process run = new ProcessBuilder(command(command)).redirectErrorStream(true).start();
    String output = new String(run.getInputStream().readAllBytes());
    if (run.waitFor() != 0) {
      throw new IOException(command[0] + ": " + output);
    }
  }

  /** PostgreSQL refuses to run as root; a user namespace in which we are nobody satisfies it. */
  private List<String> command(String... command) {
    List<String> whole = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      whole.addAll(List.of("unshare", "-U"));
    }
    whole.add(binaries.resolve(command[0]).toString());
    whole.addAll(List.of(command).subList(1, command.length));
    return whole;
  }

  private static String binaries() throws Exception {
    try (Connection connection = PostgreSql.server().getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("select setting from pg_config where name = 'BINDIR'")) {
      result.next();
      return result.getString(1);
    }
  }
}
