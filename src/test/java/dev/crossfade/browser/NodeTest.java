package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.impl.driver.Driver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The browser client's own tests, under {@code node --test}; with Playwright's Node where there is
 * none.
 */
class NodeTest {

  @Test
  void the_browser_client_keeps_its_rules() throws Exception {
    List<String> command = new ArrayList<>(List.of(node(), "--test"));
    try (Stream<Path> files = Files.list(Path.of("src/test/js"))) {
      files
          .filter(f -> f.toString().endsWith(".test.js"))
          .map(Path::toString)
          .sorted()
          .forEach(command::add);
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).containsPattern("pass [1-9]");
  }

  /** The command that runs Node. */
  static String node() {
    try {
      Process found = new ProcessBuilder("node", "--version").start();
      if (found.waitFor() == 0) {
        return "node";
      }
    } catch (IOException notInstalled) {
      // Then the one that Playwright brings.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Driver.ensureDriverInstalled(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"), true)
        .driverDir()
        .resolve("node")
        .toString();
  }
}
