package dev.crossfade.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.chaos.ChatClient.Kind;
import dev.crossfade.support.Api;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.ChaosProxy.Mode;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Everything that the nemesis can do, by name. Each breaks, holds, heals, and says how it bit. */
final class Faults {

  /** Blocks until it has healed; answers how often it was seen to bite. */
  interface Fault {
    long run() throws Exception;
  }

  private static final Pattern STARTED = Pattern.compile("Crossfade started at");
  private static final Pattern DISK_FULL = Pattern.compile("nothing is stored until there is room");

  private final Deployment deployment;
  private final Workload workload;
  private final Random random;
  private final long holdMillis;
  private final long pauseMillis;
  private final Map<String, Fault> all = new LinkedHashMap<>();

  /**
   * @param hold how long a fault lasts that has no length of its own
   * @param pause how long a process is paused by SIGSTOP
   */
  Faults(Deployment deployment, Workload workload, Random random, Duration hold, Duration pause) {
    this.deployment = deployment;
    this.workload = workload;
    this.random = random;
    this.holdMillis = hold.toMillis();
    this.pauseMillis = pause.toMillis();
    network();
    server();
    clients();
    if (deployment.smallDisk() != null) {
      all.put("disk full", this::diskFull);
    }
    if (deployment.postgres() != null) {
      postgres();
    }
  }

  Map<String, Fault> all() {
    return all;
  }

  // ---- the network

  private void network() {
    ChaosProxy proxy = deployment.proxy();
    for (Mode mode : Mode.values()) {
      if (mode != Mode.PASS) {
        String name = "proxy " + mode.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        all.put(name, () -> mode(mode));
      }
    }
    all.put("cut by FIN", () -> again(() -> proxy.cut(0.3)));
    all.put("cut by RST", () -> again(() -> proxy.reset(0.3)));
    all.put("half-open, server gone", () -> again(() -> proxy.loseServer(0.3)));
    all.put("half-open, client gone", () -> again(() -> proxy.loseClient(0.3)));
    all.put("everything cut at once", () -> once(proxy::cut));
  }

  /** Some connections are ended first, so that there are new ones to meet the mode. */
  private long mode(Mode mode) throws InterruptedException {
    ChaosProxy proxy = deployment.proxy();
    proxy.cut(0.5);
    long before = proxy.hits();
    proxy.mode(mode);
    hold();
    proxy.mode(Mode.PASS);
    if (mode == Mode.BLACK_HOLE) {
      // What fell into it does not come out again.
      proxy.cut(0.5);
    }
    return proxy.hits() - before;
  }

  private long again(Runnable cut) throws InterruptedException {
    long before = deployment.proxy().hits();
    for (int i = 0; i < 3; i++) {
      cut.run();
      TimeUnit.MILLISECONDS.sleep(holdMillis / 3);
    }
    return deployment.proxy().hits() - before;
  }

  private long once(Runnable cut) {
    long before = deployment.proxy().hits();
    cut.run();
    return deployment.proxy().hits() - before;
  }

  // ---- the server

  private void server() {
    all.put("kill -9", this::kill);
    all.put("SIGSTOP", this::stopped);
    all.put("stop and start", this::restart);
    all.put("redeploy", this::redeploy);
    all.put("clock one hour ahead", () -> clock(3_600));
    all.put("clock one hour back", () -> clock(-3_600));
  }

  private long kill() throws Exception {
    deployment.tomcat().kill();
    boolean dead = ProcessHandle.of(deployment.tomcat().pid()).isEmpty();
    deployment.startAgain();
    return dead ? 1 : 0;
  }

  private long stopped() throws Exception {
    List<Long> pid = List.of(deployment.tomcat().pid());
    Deployment.signal("STOP", pid);
    TimeUnit.MILLISECONDS.sleep(pauseMillis);
    boolean bit = Deployment.stopped(pid.get(0));
    Deployment.signal("CONT", pid);
    return bit ? 1 : 0;
  }

  private long restart() throws Exception {
    boolean gone = deployment.tomcat().stop(Duration.ofSeconds(30));
    if (!gone) {
      deployment.tomcat().kill();
    }
    deployment.startAgain();
    return gone ? 1 : 0;
  }

  private long redeploy() throws Exception {
    long before = count(STARTED);
    deployment.touch();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (count(STARTED) == before && System.nanoTime() < until) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return count(STARTED) - before;
  }

  /** How often the server's log says so. */
  private long count(Pattern what) {
    return what.matcher(deployment.tomcat().output()).results().count();
  }

  /** The effect is asked of the server: what time a new ticket would end. */
  private long clock(long offsetSeconds) throws Exception {
    deployment.clock(offsetSeconds);
    hold();
    JsonNode ticket = deployment.admin().post("api/tickets", "").body();
    deployment.clock(0);
    TimeUnit.MILLISECONDS.sleep(200);
    long shift =
        java.time.Instant.now()
            .until(
                java.time.Instant.parse(ticket.path("expires_at").asText()),
                java.time.temporal.ChronoUnit.SECONDS);
    return Math.abs(shift) > 1_800 ? 1 : 0;
  }

  // ---- clients and ops

  private void clients() {
    all.put("percentage flips at 10 Hz", this::flip);
    all.put("polls beyond their bound", this::parkMany);
    all.put("burst of large messages", this::burst);
  }

  private long flip() throws InterruptedException {
    Api admin = deployment.admin();
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(holdMillis);
    long flips = 0;
    while (System.nanoTime() < until) {
      flips += admin.percentage(flips % 2 == 0 ? "100" : "0").status() == 200 ? 1 : 0;
      TimeUnit.MILLISECONDS.sleep(90);
    }
    return admin.percentage("50").status() == 200 ? flips : 0;
  }

  /** One user parks hundreds of polls without an instance: the older ones are let go, no more. */
  private long parkMany() throws InterruptedException {
    int many = 300;
    long conversation = workload.conversations().get(0);
    Api parker = new Api(deployment.tomcat().url()).as("agent-parker", "demo", "agent");
    HttpClient http = HttpClient.newHttpClient();
    List<CompletableFuture<HttpResponse<Void>>> parked = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      URI uri =
          URI.create(
              parker.url() + "api/messages?wait=20&after=0&limit=1&session_id=" + conversation);
      HttpRequest request =
          HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + parker.token()).build();
      parked.add(http.sendAsync(request, HttpResponse.BodyHandlers.discarding()));
    }
    hold();
    return parked.stream().filter(CompletableFuture::isDone).count();
  }

  /** More than a slow reader can take at once. */
  private long burst() {
    List<Long> conversations = workload.conversations();
    long conversation = conversations.get(random.nextInt(conversations.size()));
    String name = "burst-" + random.nextInt(1_000_000_000);
    ChatClient burster =
        workload.client(name, "agent-" + name, "agent", Kind.LONG_POLL, List.of(conversation));
    List<CompletableFuture<Void>> sends = new ArrayList<>();
    for (int thread = 0; thread < 8; thread++) {
      int number = thread;
      sends.add(
          CompletableFuture.runAsync(
              () -> {
                for (int n = 0; n < 20; n++) {
                  String id = name + "-" + number + "-" + n;
                  burster.say(conversation, id, id + "y".repeat(3_900));
                }
              }));
    }
    sends.forEach(CompletableFuture::join);
    return sends.size();
  }

  // ---- the database

  private void postgres() {
    PostgresProcess postgres = deployment.postgres();
    all.put("PostgreSQL kill -9", () -> killDatabase(postgres));
    all.put(
        "PostgreSQL restart",
        () -> {
          postgres.restart();
          return 1;
        });
    all.put("PostgreSQL SIGSTOP", () -> pause(postgres));
    all.put("PostgreSQL read-only", () -> readOnly(postgres));
    all.put("PostgreSQL locked, pool exhausted", () -> lock(postgres));
  }

  private long killDatabase(PostgresProcess postgres) throws Exception {
    long killed = postgres.kill();
    TimeUnit.MILLISECONDS.sleep(holdMillis / 2);
    postgres.start();
    return killed;
  }

  private long pause(PostgresProcess postgres) throws Exception {
    List<Long> pids = postgres.processes().stream().map(ProcessHandle::pid).toList();
    Deployment.signal("STOP", pids);
    TimeUnit.MILLISECONDS.sleep(Math.min(pauseMillis, 3 * holdMillis));
    boolean bit = Deployment.stopped(pids.get(0));
    Deployment.signal("CONT", pids);
    return bit ? pids.size() : 0;
  }

  private long readOnly(PostgresProcess postgres) throws Exception {
    postgres.execute(
        "alter system set default_transaction_read_only = on", "select pg_reload_conf()");
    hold();
    boolean bit = refusesWrites(postgres);
    postgres.execute(
        "set default_transaction_read_only = off",
        "alter system reset default_transaction_read_only",
        "select pg_reload_conf()");
    return bit ? 1 : 0;
  }

  private static boolean refusesWrites(PostgresProcess postgres) {
    try {
      postgres.execute("create table never (n int)");
      return false;
    } catch (SQLException readOnly) {
      return true;
    }
  }

  /** Whoever reads or writes a message waits, with a connection of the pool in hand. */
  private long lock(PostgresProcess postgres) throws Exception {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("lock table message in access exclusive mode");
      hold();
      long waiting;
      try (var result =
          statement.executeQuery(
              "select count(*) from pg_stat_activity where wait_event_type = 'Lock'")) {
        result.next();
        waiting = result.getLong(1);
      }
      connection.rollback();
      return waiting;
    }
  }

  /** Somebody else fills the disk that H2 writes to. */
  private long diskFull() throws Exception {
    Path folder = deployment.smallDisk();
    Path rubbish = folder.resolve("rubbish");
    long before = count(DISK_FULL);
    try (RandomAccessFile file = new RandomAccessFile(rubbish.toFile(), "rw")) {
      byte[] piece = new byte[1 << 20];
      while (folder.toFile().getUsableSpace() > 2 * piece.length) {
        file.write(piece);
      }
    }
    hold();
    Files.delete(rubbish);
    return count(DISK_FULL) - before;
  }

  private void hold() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(holdMillis);
  }
}
