package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.support.Api;
import dev.crossfade.support.SocketLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Tomcat that unpacks no WAR looks for each class from the beginning of its jar: over 140 s until
 * it is ready, against 5 s, on 2 cores (2026-11-27). So the jars are laid beside it.
 */
@Tag("alone")
class PackedWarIT {

  @TempDir Path folder;

  @Test
  void with_our_descriptor_its_jars_are_laid_out_on_tomcat_10() throws Exception {
    try (RealTomcat server = new RealTomcat(RealTomcat.TOMCAT_10, folder).packed().start()) {
      assertThat(jarsIn(server.base().resolve("work"))).contains("hibernate-core");
      talk(server);
    }
  }

  @Test
  void dropped_into_webapps_its_jars_are_laid_out_on_tomcat_11() throws Exception {
    try (RealTomcat server =
        new RealTomcat(RealTomcat.TOMCAT_11, folder).packed().dropped().start()) {
      assertThat(server.base().resolve("webapps/crossfade")).doesNotExist();
      assertThat(jarsIn(server.base().resolve("work"))).contains("hibernate-core");
      talk(server);
    }
  }

  private static void talk(RealTomcat server) throws Exception {
    Api visitor = new Api(server.url()).visitor();
    assertThat(visitor.get(webJar()).status()).as("a file that is in a jar").isEqualTo(200);
    long conversation = visitor.open();
    try (SocketLine line = new SocketLine(visitor)) {
      assertThat(line.send(conversation, "hello", "m-1").seq()).isEqualTo(1);
    }
    assertThat(visitor.poll(conversation, 0, 0).body().get("messages")).hasSize(1);
  }

  private static String webJar() throws IOException {
    String page = Files.readString(Path.of("webapp/ops/index.html"));
    return page.replaceAll("(?s).*\\.\\./(webjars/[^\"]+)\".*", "$1");
  }

  private static String jarsIn(Path work) throws IOException {
    try (Stream<Path> files = Files.walk(work)) {
      return files.map(file -> file.getFileName().toString()).toList().toString();
    }
  }
}
