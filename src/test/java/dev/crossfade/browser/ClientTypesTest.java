package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client package as an integrator has it: installed in {@code node_modules}. */
class ClientTypesTest {

  private static final Path PACKAGE = Path.of("webapp/js/chat");
  private static final Path USES = Path.of("src/test/js/types");
  private static final String COMPILER = "/META-INF/resources/webjars/typescript/6.0.3/lib";

  @TempDir static Path project;

  @BeforeAll
  static void install() throws Exception {
    copy(PACKAGE, project.resolve("node_modules/crossfade-chat"));
    Path vue = Files.createDirectories(project.resolve("node_modules/vue"));
    Files.copy(USES.resolve("vue.d.ts"), vue.resolve("index.d.ts"));
    Files.writeString(vue.resolve("index.js"), "export const ref = 0, onUnmounted = 0;");
    Files.writeString(
        vue.resolve("package.json"),
        "{\"name\":\"vue\",\"type\":\"module\",\"main\":\"index.js\",\"types\":\"index.d.ts\"}");
    Files.writeString(project.resolve("package.json"), "{\"type\":\"module\"}");
    for (String use : List.of("right.ts", "wrong.ts")) {
      Files.copy(USES.resolve(use), project.resolve(use));
    }
    URL compiler = ClientTypesTest.class.getResource(COMPILER + "/tsc.js");
    URI jar = URI.create(compiler.toURI().toString().replaceFirst("!.*", ""));
    try (FileSystem webjar = FileSystems.newFileSystem(jar, Map.of())) {
      copy(webjar.getPath(COMPILER), project.resolve("tsc"));
    }
    Files.writeString(project.resolve("tsc/package.json"), "{\"type\":\"commonjs\"}");
  }

  /** As Node resolves a package, and as bundlers do. */
  @ParameterizedTest
  @CsvSource({"nodenext,nodenext", "esnext,bundler"})
  void what_is_right_compiles_under_strict_and_what_is_wrong_does_not(
      String module, String resolution) throws Exception {
    assertThat(compile("right.ts", module, resolution)).isEmpty();
    assertThat(compile("wrong.ts", module, resolution)).isEmpty();
  }

  @Test
  void without_its_marks_every_wrong_use_is_an_error() throws Exception {
    String wrong = Files.readString(USES.resolve("wrong.ts"));
    Path bare = project.resolve("bare.ts");
    Files.writeString(bare, wrong.replace("@ts-expect-error", ""));
    assertThat(
            compile("bare.ts", "nodenext", "nodenext")
                .lines()
                .filter(line -> line.contains("error TS")))
        .hasSizeGreaterThanOrEqualTo(wrong.split("@ts-expect-error").length - 1);
  }

  @Test
  void every_file_that_package_json_names_is_there_and_runs() throws Exception {
    String names =
        run(
            "--input-type=module",
            "--eval",
            "import * as chat from 'crossfade-chat'; import * as vue from 'crossfade-chat/vue';"
                + " import * as factory from 'crossfade-chat/vue.js';"
                + " console.log([chat, vue, factory].map((m) => Object.keys(m).join()).join('|'))");
    assertThat(names.strip())
        .isEqualTo(
            "ChatClient,DEFAULTS,Http,Refusal,SharedClient,clientId,openSession,staffToken,visitorToken"
                + "|useWebSocket|MAX_MESSAGES,createUseWebSocket");
  }

  /** What the compiler says; nothing where all is well. */
  private static String compile(String file, String module, String resolution) throws Exception {
    return run(
        "tsc/tsc.js",
        "--noEmit",
        "--strict",
        "--noUncheckedIndexedAccess",
        "--exactOptionalPropertyTypes",
        "--target",
        "es2022",
        "--module",
        module,
        "--moduleResolution",
        resolution,
        "--lib",
        "es2022,dom,dom.iterable",
        file);
  }

  private static String run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(NodeTest.node()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(
          file -> {
            try {
              Path target = to.resolve(from.relativize(file).toString());
              if (Files.isDirectory(file)) {
                Files.createDirectories(target);
              } else {
                Files.copy(file, target);
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
