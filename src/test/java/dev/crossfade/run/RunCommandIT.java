package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code mvn -Prun} starts, on a Tomcat as ops download it: from cold, and once more. */
@Tag("alone")
class RunCommandIT {
  private static final Duration CLEAN_STOP = Duration.ofSeconds(15);

  /** What Tomcat says of an application that leaves something behind, and we of a failure. */
  private static final Pattern COMPLAINT =
      Pattern.compile("(?i)memory leak|failed to stop|\\bWARNING\\b|\\bSEVERE\\b|Exception");

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.crossfade.run.RealTomcat#both")
  void bothTransportsTalkAndARestartForgetsNothing(Path tomcat) throws Exception {
    try (RealTomcat server = new RealTomcat(tomcat, folder).start()) {
      Api api = new Api(server.url());
      Api visitor = api.visitor();
      long conversation = visitor.open();
      visitor.say(conversation, "by HTTP", "m-1");
      try (Socket agent = Socket.as(api.agent(), null).join(conversation, 0L)) {
        assertThat(agent.expect("new_message").at("/message/content").asText())
            .isEqualTo("by HTTP");
        agent.say(conversation, "by socket", "m-2").expect("message_ack");
      }
      assertThat(contents(visitor.poll(conversation, 1, 10))).containsExactly("by socket");
      String example = api.get("examples/vue.js").raw().body();
      String vue = example.replaceAll("(?s).*'\\.\\./(webjars/[^']+)'.*", "$1");
      assertThat(api.get(vue).status()).as("%s, from the WAR's own jar", vue).isEqualTo(200);
      assertThat(server.output())
          .contains(
              "http://localhost:" + server.port() + "/crossfade/",
              "/crossfade/agent/",
              "agent / agent",
              "/crossfade/ops/",
              "admin / admin");
      Path secret = server.home().resolve("secret");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
          .isEqualTo("rw-------");
      String before = Files.readString(secret);

      stopsCleanly(server);
      server.start();

      assertThat(Files.readString(secret)).isEqualTo(before);
      Api returned = new Api(server.url()).as(visitor.token());
      assertThat(contents(returned.poll(conversation, 0, 0)))
          .containsExactly("by HTTP", "by socket");
      stopsCleanly(server);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.crossfade.run.RealTomcat#both")
  void peopleWhoWaitAreToldAndTheStopIsClean(Path tomcat) throws Exception {
    try (RealTomcat server = new RealTomcat(tomcat, folder).start()) {
      Api visitor = new Api(server.url()).visitor();
      long conversation = visitor.open();
      Socket socket = Socket.as(visitor, null).join(conversation, 0L);
      var held = visitor.getLater("api/messages?wait=25&session_id=" + conversation);
      await().until(() -> server.metrics().contains("crossfade_polls_held 1.0"));

      stopsCleanly(server);

      assertThat(held.join().status()).isIn(200, 503);
      assertThat(socket.closeCode()).isIn(1001, 1012);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.crossfade.run.RealTomcat#both")
  void noPollAndNoMessageLeavesALineAndAConnectionLeavesTwo(Path tomcat) throws Exception {
    try (RealTomcat server = new RealTomcat(tomcat, folder).start()) {
      Api visitor = new Api(server.url()).visitor();
      long conversation = visitor.open();
      String before = server.output();

      visitor.poll(conversation, 0, 0);
      visitor.poll(conversation, 0, 0);
      visitor.poll(conversation, 0, 1);

      assertThat(server.output()).isEqualTo(before);
      try (Socket socket = Socket.as(visitor, null)) {
        visitor.say(conversation, "unspeakable one", "m-1");
        socket.say(conversation, "unspeakable two", "m-2").expect("message_ack");
      }
      await().until(() -> server.output().contains("disconnected"));
      List<String> events = server.output().substring(before.length()).lines().toList();
      assertThat(events).hasSize(2);
      assertThat(events.get(0)).contains("connected");
      assertThat(events.get(1)).contains("disconnected");
      assertThat(server.output()).doesNotContain("unspeakable");

      stopsCleanly(server);

      assertThat(server.accessLog())
          .anyMatch(line -> line.contains("POST /crossfade/api/messages"))
          .noneMatch(line -> line.contains("GET /crossfade/api/messages"));
    }
  }

  private static void stopsCleanly(RealTomcat server) throws Exception {
    int before = server.output().length();
    assertThat(server.stop(CLEAN_STOP)).as("gone within %s", CLEAN_STOP).isTrue();
    String farewell = server.output().substring(before);
    assertThat(farewell).contains("Crossfade stopped").doesNotContainPattern(COMPLAINT);
  }

  private static List<String> contents(Api.Answer page) {
    return page.body().get("messages").findValuesAsText("content");
  }
}
