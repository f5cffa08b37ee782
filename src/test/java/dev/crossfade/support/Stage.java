package dev.crossfade.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * A server, with a browser and a network that breaks where a test asks for them. Server and browser
 * are started once and serve all test classes of a run that want the same settings; proxy and
 * browser profiles are each test's own.
 *
 * <pre>
 * &#64;RegisterExtension static final Stage STAGE = Stage.plain();
 *
 * private final CrossfadeServer server = STAGE.server();
 * private final Chromium chromium = STAGE.chromium();
 * private final ChaosProxy proxy = STAGE.proxy();
 * </pre>
 *
 * <p>A class finds the percentage at 0 and no open conversation; what it does to the server beyond
 * that, it undoes. Not for tests that run side by side; a class that runs next to another class has
 * one of its {@link #own()}.
 */
public final class Stage implements BeforeAllCallback, AfterEachCallback {

  private static final Namespace SHARED = Namespace.create(Stage.class);

  private final Map<String, String> settings = new TreeMap<>();
  private final boolean own;
  private Store shared;
  private ChaosProxy proxy;

  private Stage(boolean own) {
    this.own = own;
  }

  /** The demo on H2, as {@link CrossfadeServer} has it. */
  public static Stage plain() {
    return new Stage(false);
  }

  /** The same, of one class only: nothing of it is shared. */
  public static Stage own() {
    return new Stage(true);
  }

  /** A setting by its name without the prefix. */
  public Stage with(String name, String value) {
    settings.put(name, value);
    return this;
  }

  public CrossfadeServer server() {
    return shared.computeIfAbsent(settings, Running::new, Running.class).server;
  }

  /** Skips the test where there is none. */
  public Chromium chromium() {
    return shared.computeIfAbsent(Chromium.class, key -> Chromium.start(), Chromium.class);
  }

  /** Before the server, for this test. */
  public ChaosProxy proxy() {
    if (proxy == null) {
      try {
        proxy = new ChaosProxy(server().port());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return proxy;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    shared =
        own
            ? context.getStore(Namespace.create(Stage.class, context.getRequiredTestClass()))
            : context.getRoot().getStore(SHARED);
    Api admin = server().api().admin();
    admin.percentage("0");
    for (JsonNode open = open(admin); !open.isEmpty(); open = open(admin)) {
      open.forEach(one -> close(admin, one.get("session_id").asLong()));
    }
  }

  private static void close(Api staff, long conversation) {
    int status = staff.post("api/sessions/" + conversation + "/close", "{}").status();
    if (status != 200) {
      throw new IllegalStateException("not closed: " + status);
    }
  }

  private static JsonNode open(Api staff) {
    return staff.get("api/sessions?status=open").body().get("sessions");
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    Chromium started = shared.get(Chromium.class, Chromium.class);
    if (started != null) {
      started.closeContexts();
    }
    if (proxy != null) {
      proxy.close();
      proxy = null;
    }
  }

  /** Closed by JUnit at the end of the run. */
  private static final class Running implements AutoCloseable {
    private final Path home;
    private final CrossfadeServer server;

    Running(Map<String, String> settings) {
      try {
        home = Files.createTempDirectory("crossfade-stage");
        server = new CrossfadeServer(home);
        settings.forEach(server::with);
        server.start();
      } catch (Exception e) {
        throw new IllegalStateException("no server for the tests", e);
      }
    }

    @Override
    public void close() throws Exception {
      server.close();
      try (Stream<Path> all = Files.walk(home)) {
        List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        for (Path path : deepestFirst) {
          Files.deleteIfExists(path);
        }
      }
    }
  }
}
