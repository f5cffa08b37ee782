package dev.crossfade.chaos;

import dev.crossfade.run.RealTomcat;
import dev.crossfade.support.Api;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.CrossfadeServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is broken: the WAR in a Tomcat process, its database, and the network before it. */
final class Deployment implements AutoCloseable {

  /** H2 in the server's own process, or a PostgreSQL beside it. */
  enum Store {
    H2,
    POSTGRESQL
  }

  private final List<String> options = new ArrayList<>();
  private final RealTomcat tomcat;
  private final PostgresProcess postgres;
  private final ChaosProxy proxy;
  private final Path clock;
  private final Path smallDisk;

  /** Starts all of it; {@code war} is what is deployed, {@code more} goes to the server's JVM. */
  Deployment(Path tomcatZip, Store store, Path war, Path folder, Random random, String... more)
      throws Exception {
    tomcat = new RealTomcat(tomcatZip, Files.createDirectories(folder));
    deployAgainWhenTouched(tomcat.base().resolve("conf/server.xml"));
    smallDisk = store == Store.H2 ? mountSmallDisk(tomcat.home()) : null;
    clock = Files.writeString(folder.resolve("clock"), "0");
    postgres = store == Store.POSTGRESQL ? new PostgresProcess(folder) : null;
    options.add("-Dcrossfade.war=" + war.toAbsolutePath());
    options.add("-Dcrossfade.secret=" + CrossfadeServer.SECRET);
    options.add("-Dcrossfade.test.clock=" + clock.toAbsolutePath());
    if (postgres != null) {
      options.add("-Dcrossfade.store=" + postgres.url());
      options.add("-Dcrossfade.store_user=postgres");
      options.add("-Dcrossfade.store_password=postgres");
    }
    options.addAll(List.of(more));
    tomcat.start(options.toArray(String[]::new));
    proxy = new ChaosProxy(tomcat.port(), random);
  }

  RealTomcat tomcat() {
    return tomcat;
  }

  /**
   * The folder that H2 writes to, where it is a disk of its own that may be filled; null where it
   * is not: mounting one takes root.
   */
  Path smallDisk() {
    return smallDisk;
  }

  /** Null where the store is H2. */
  PostgresProcess postgres() {
    return postgres;
  }

  ChaosProxy proxy() {
    return proxy;
  }

  /** Not through the proxy: for who breaks things and must not be broken. */
  Api admin() {
    return new Api(tomcat.url()).as(World.sign("nemesis", "demo", "admin", Duration.ofHours(3)));
  }

  /** After a death, on another port; the proxy leads there. */
  void startAgain() throws IOException {
    tomcat.start(options.toArray(String[]::new));
    proxy.target(tomcat.port());
  }

  /** Undeploys and deploys within the running Tomcat. */
  void touch() throws IOException {
    Path descriptor = tomcat.base().resolve("conf/Catalina/localhost/crossfade.xml");
    Files.setLastModifiedTime(
        descriptor, java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis()));
  }

  /** Moves the clock that the application reads, where the WAR has the one of {@link Mutant}. */
  void clock(long offsetSeconds) throws IOException {
    Files.writeString(clock, Long.toString(offsetSeconds));
  }

  /** Sends a signal, such as STOP, to processes. */
  static void signal(String signal, List<Long> pids) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    new ProcessBuilder(command).start().waitFor();
  }

  /** Whether the kernel says that a process is stopped. */
  static boolean stopped(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')')).startsWith(") T");
  }

  @Override
  public void close() throws IOException {
    proxy.close();
    tomcat.close();
    if (postgres != null) {
      postgres.close();
    }
    if (smallDisk != null) {
      run("umount", "-l", smallDisk.toString());
    }
  }

  private static Path mountSmallDisk(Path folder) throws IOException {
    Files.createDirectories(folder);
    boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", folder.toString());
    if (!mounted) {
      System.out.println("chaos: no disk of its own could be mounted: \"disk full\" is left out");
    }
    return mounted ? folder : null;
  }

  private static boolean run(String... command) throws IOException {
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void deployAgainWhenTouched(Path serverXml) throws IOException {
    String xml = Files.readString(serverXml);
    Files.writeString(
        serverXml,
        xml.replace("autoDeploy=\"false\"", "autoDeploy=\"true\"")
            .replace("<Engine name", "<Engine backgroundProcessorDelay=\"1\" name"));
  }
}
