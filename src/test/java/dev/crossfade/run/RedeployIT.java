package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The WAR is deployed and undeployed again and again in one Tomcat, and leaves nothing behind. */
@Tag("long")
@Execution(ExecutionMode.CONCURRENT)
class RedeployIT {

  private static final int ROUNDS = 20;

  /** By then every class that a round needs has been loaded once by the JDK and by Tomcat. */
  private static final int WARM = 5;

  /**
   * The JDK holds one until the next takes its place: java.lang.runtime.ObjectMethods keeps the
   * type of the last record whose equals was linked, in one slot ({@code OBJECT_EQ.asTypeCache};
   * seen in a heap dump of 17.0.15). It does not add up.
   */
  private static final long LAST = 1;

  private static final Pattern COMPLAINT =
      Pattern.compile("(?i)memory leak|failed to stop|failed to remove|\\bSEVERE\\b");

  /**
   * An embedded Tomcat looks for the context that it is just starting; and its background thread,
   * while it waits for one that stops, has that one's class loader.
   */
  private static final Pattern TOMCATS_OWN =
      Pattern.compile("No context found|thread named \\[Catalina-utility-");

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.crossfade.run.RealTomcat#both")
  void nothing_is_left_after_twenty_redeployments(Path tomcat) throws Exception {
    List<Report> reports = new ArrayList<>();
    try (Child child = new Child(tomcat, folder)) {
      for (int round = 1; round <= ROUNDS; round++) {
        round(child, round);
        if (round == WARM || round == ROUNDS) {
          reports.add(Report.of(child.order("report")));
        }
      }
      String output = child.output();
      Report warm = reports.get(0);
      Report last = reports.get(1);
      assertThat(last.alive()).as("class loaders left").isLessThanOrEqualTo(LAST);
      assertThat(last.leaks()).as("leaks that Tomcat sees").isLessThanOrEqualTo(LAST);
      assertThat(last.threads()).as("threads left").isEmpty();
      assertThat(last.files() - warm.files()).as("files left open").isLessThan(10);
      assertThat(last.metaspaceKb() - warm.metaspaceKb())
          .as("metaspace grown in %s rounds, in KB", ROUNDS - WARM)
          .isLessThan(8_000);
      assertThat(output.lines().filter(COMPLAINT.asPredicate()))
          .allMatch(line -> TOMCATS_OWN.matcher(line).find());
    }
  }

  /** One life of the application, with people on both transports when it goes. */
  private static void round(Child child, int round) throws Exception {
    int port = Integer.parseInt(child.order("deploy").split("port=")[1]);
    Api api = new Api("http://localhost:" + port + "/crossfade/");
    Api visitor = api.as("visitor", "demo", "visitor");
    Api agent = api.as("somebody", "demo", "agent");
    long conversation = visitor.open();
    Socket socket = Socket.as(agent, null).join(conversation, 0L);
    visitor.say(conversation, "over HTTP", "h-" + round);
    socket.say(conversation, "over the socket", "s-" + round).expect("message_ack");
    long head = 2L * round;
    assertThat(visitor.poll(conversation, head - 1, 0).body().get("messages")).hasSize(1);
    var parked =
        visitor.getLater("api/messages?wait=25&session_id=" + conversation + "&after=" + head);
    await().until(() -> agent.get("api/node").body().get("held_polls").asInt() == 1);

    long before = System.nanoTime();
    assertThat(child.order("undeploy")).isEqualTo("undeployed");

    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    assertThat(parked.join().status()).isEqualTo(200);
    assertThat(socket.closeCode()).isEqualTo(1012);
  }

  private record Report(long alive, long leaks, long files, long metaspaceKb, String threads) {
    static Report of(String line) {
      String[] parts = line.split(" ", -1);
      return new Report(
          number(parts[0]),
          number(parts[1]),
          number(parts[2]),
          number(parts[3]),
          parts[4].split("=", -1)[1]);
    }

    private static long number(String part) {
      return Long.parseLong(part.split("=")[1]);
    }
  }

  /** A process with the jars of one Tomcat. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final Writer orders;
    private final BufferedReader answers;
    private final Path log;

    Child(Path tomcat, Path folder) throws IOException {
      log = folder.resolve("child.log");
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      for (String opened :
          List.of(
              "java.base/java.lang",
              "java.base/java.io",
              "java.base/java.util",
              "java.base/java.util.concurrent",
              "java.rmi/sun.rmi.transport")) {
        command.add("--add-opens=" + opened + "=ALL-UNNAMED");
      }
      // What the JDK caches with soft references it gives back when memory is short: no leak.
      command.add("-XX:SoftRefLRUPolicyMSPerMB=0");
      command.add("-Dcrossfade.home=" + folder.resolve("data"));
      command.add("-Dcrossfade.store=h2");
      command.add("-Dcrossfade.demo=true");
      command.add("-Dcrossfade.secret=" + CrossfadeServer.SECRET);
      command.add("-Dcrossfade.jwks=" + publicKeys(folder.resolve("jwks.json")));
      command.add("-cp");
      command.add(
          String.join(
              File.pathSeparator,
              tomcat.resolve("lib") + "/*",
              tomcat.resolve("bin/tomcat-juli.jar").toString(),
              Path.of("target/test-classes").toAbsolutePath().toString()));
      command.add("dev.crossfade.run.Redeployer");
      command.add(folder.resolve("base").toString());
      command.add(Path.of("target/crossfade.war").toAbsolutePath().toString());
      process = new ProcessBuilder(command).redirectError(log.toFile()).start();
      orders = process.outputWriter(StandardCharsets.UTF_8);
      answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** What is read again in the background must end with the application too. */
    private static Path publicKeys(Path file) throws IOException {
      try {
        var key = new ECKeyGenerator(Curve.P_256).keyID("k1").generate().toPublicJWK();
        return Files.writeString(file, new JWKSet(key).toString());
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }

    String order(String order) throws IOException {
      orders.write(order + "\n");
      orders.flush();
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith("done: ")) {
          return line.substring("done: ".length());
        }
      }
      throw new IllegalStateException("the process ended:\n" + output());
    }

    String output() throws IOException {
      return Files.readString(log);
    }

    @Override
    public void close() {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
