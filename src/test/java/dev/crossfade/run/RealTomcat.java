package dev.crossfade.run;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.NodeList;

/**
 * A Tomcat as the run command makes it, in a process of its own: unpacked from its zip, tomcat-conf
 * laid in, started with the very arguments that stand in pom.xml. Not for use by several threads.
 */
public final class RealTomcat implements AutoCloseable {
  public static final Path TOMCAT_10 = Path.of(System.getProperty("crossfade.tomcat10", ""));
  public static final Path TOMCAT_11 = Path.of(System.getProperty("crossfade.tomcat11", ""));

  /** A cold start takes a few seconds; on a machine that builds something else, many. */
  private static final Duration START = Duration.ofMinutes(3);

  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]+)}");

  private final Path base;
  private final Path home;
  private final HttpClient http = HttpClient.newHttpClient();
  private int port;
  private Process process;

  /** For tests on each. */
  static Stream<Path> both() {
    return Stream.of(TOMCAT_10, TOMCAT_11);
  }

  /** Lays a Tomcat and an empty data folder into {@code folder}; starts nothing yet. */
  public RealTomcat(Path tomcat, Path folder) throws IOException {
    base = folder.resolve("tomcat");
    home = folder.resolve("home");
    copy(tomcat, base);
    Path conf = base.resolve("conf");
    for (String file : List.of("server.xml", "logging.properties", "tomcat-users.xml")) {
      lay(file, conf);
    }
    lay("crossfade.xml", conf.resolve("Catalina/localhost"));
    Files.createDirectories(base.resolve("temp"));
  }

  /** The WAR stays packed, as on a Tomcat whose administrator wants nothing unpacked. */
  public RealTomcat packed() throws IOException {
    Path server = base.resolve("conf/server.xml");
    Files.writeString(
        server, Files.readString(server).replace("unpackWARs=\"true\"", "unpackWARs=\"false\""));
    return this;
  }

  /** The WAR is dropped into {@code webapps}, without a descriptor of its own. */
  public RealTomcat dropped() throws IOException {
    Files.delete(base.resolve("conf/Catalina/localhost/crossfade.xml"));
    Path webapps = Files.createDirectories(base.resolve("webapps"));
    Files.copy(Path.of("target/crossfade.war"), webapps.resolve("crossfade.war"));
    return this;
  }

  /**
   * Starts it on a free port and waits until it is ready; {@code options} go to the JVM after the
   * run command's own, and win over them. A second start finds the data of the first.
   */
  public RealTomcat start(String... options) throws IOException {
    port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    List<String> arguments = runCommandArguments();
    arguments.addAll(arguments.indexOf("-classpath"), List.of(options));
    command.addAll(arguments);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(console().toFile()))
            .start();
    // Who ends the tests ends what they started: a second Tomcat on this folder would spoil a run.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    await("ready").atMost(START).pollInterval(Duration.ofMillis(100)).until(this::isReady);
    return this;
  }

  public int port() {
    return port;
  }

  /** Where the application lives, with a slash at its end. */
  public String url() {
    return "http://localhost:" + port + "/crossfade/";
  }

  /** The data folder, kept over restarts. */
  public Path home() {
    return home;
  }

  /** All that was printed since the first start. */
  public String output() {
    return read(console());
  }

  /** The lines of all access logs; Tomcat writes them with a delay, the last ones when it stops. */
  public List<String> accessLog() throws IOException {
    try (Stream<Path> logs = Files.list(base.resolve("logs"))) {
      return logs.filter(log -> log.getFileName().toString().startsWith("access."))
          .flatMap(log -> read(log).lines())
          .toList();
    }
  }

  /** What Prometheus reads. */
  public String metrics() throws IOException, InterruptedException {
    return get("metrics").body();
  }

  /** SIGTERM, as an init system stops it; false if it is not gone in that time. */
  public boolean stop(Duration within) throws InterruptedException {
    process.destroy();
    return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
  }

  public long pid() {
    return process.pid();
  }

  /** Where Tomcat lies: its conf, its logs. */
  public Path base() {
    return base;
  }

  /** SIGKILL: no drain, no flush, no goodbye. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }

  private boolean isReady() throws InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException("Tomcat ended while starting:\n" + output());
    }
    try {
      return get("health/ready").statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + path)).timeout(Duration.ofSeconds(5)).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Read from pom.xml, so that the tests cannot drift from what {@code mvn -Prun} starts. */
  private List<String> runCommandArguments() {
    Map<String, String> values =
        Map.of(
            "run.tomcat", base.toString(),
            "project.build.directory", Path.of("target").toAbsolutePath().toString(),
            "http.port", Integer.toString(port),
            "crossfade.home", home.toString(),
            "path.separator", File.pathSeparator);
    List<String> arguments = new ArrayList<>();
    for (String argument : argumentsOfRunProfile()) {
      arguments.add(
          PLACEHOLDER
              .matcher(argument)
              .replaceAll(name -> Matcher.quoteReplacement(values.get(name.group(1)))));
    }
    return arguments;
  }

  private static List<String> argumentsOfRunProfile() {
    try {
      var pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml");
      String path = "//profile[id='run']//execution[id='run']/configuration/arguments/argument";
      var found =
          (NodeList)
              XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
      List<String> arguments = new ArrayList<>();
      for (int i = 0; i < found.getLength(); i++) {
        arguments.add(found.item(i).getTextContent());
      }
      return arguments;
    } catch (Exception e) {
      throw new IllegalStateException("The run command's arguments in pom.xml", e);
    }
  }

  private static void lay(String file, Path folder) throws IOException {
    Files.createDirectories(folder);
    Path from = Path.of("tomcat-conf", file);
    Files.copy(from, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Path console() {
    return base.resolve("console.log");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
