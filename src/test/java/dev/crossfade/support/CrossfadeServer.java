package dev.crossfade.support;

import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.LifecycleEvent;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.WebResourceRoot;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.catalina.webresources.DirResourceSet;

/**
 * The application in a real Tomcat inside the test's own JVM. Start, stop and start again on the
 * same home.
 */
public final class CrossfadeServer implements AutoCloseable {

  public static final String SECRET = "a secret for tests, 32 bytes at least";

  private static final AtomicInteger ENGINES = new AtomicInteger();

  private final Path home;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Map<String, String> connector = new LinkedHashMap<>();
  private Clock clock;
  private LongSupplier nanos;
  private Runnable stopping = () -> {};
  private Consumer<Context> configuring = context -> {};
  private Tomcat tomcat;
  private int port;

  public CrossfadeServer(Path home) {
    this.home = home;
    with("home", home.resolve("data").toString());
    with("store", "h2");
    with("secret", SECRET);
    with("demo", "true");
  }

  /** A setting by its name without the prefix, as a context parameter. */
  public CrossfadeServer with(String name, String value) {
    settings.put("crossfade." + name, value);
    return this;
  }

  /** On a database that {@link PostgreSql} has made. */
  public CrossfadeServer onPostgres(String url) {
    return with("store", url).with("store_user", "postgres").with("store_password", "postgres");
  }

  /** A property of Tomcat's HTTP connector. */
  public CrossfadeServer connector(String name, String value) {
    connector.put(name, value);
    return this;
  }

  /**
   * The kernel keeps little for a reader who is slow, as on a path over the Internet; on the
   * loopback interface it would keep 3 MB, and no write would ever wait.
   */
  public CrossfadeServer smallSendBuffers() {
    return connector("socket.txBufSize", "16384");
  }

  /** What a test adds to the context before it starts. */
  public CrossfadeServer configured(Consumer<Context> more) {
    configuring = more;
    return this;
  }

  public CrossfadeServer with(Clock newClock) {
    clock = newClock;
    return this;
  }

  /** The timer of deadlines within the process. */
  public CrossfadeServer with(LongSupplier newNanos) {
    nanos = newNanos;
    return this;
  }

  public CrossfadeServer start() throws LifecycleException {
    tomcat = new Tomcat();
    // Before anything else: it is read once, and would be a folder of the build's.
    tomcat.setBaseDir(home.resolve("tomcat").toString());
    // It is the domain of Tomcat's JMX names, which two that start at once would take from each
    // other.
    tomcat.getEngine().setName("Tomcat-" + ENGINES.incrementAndGet());
    tomcat.setPort(port);
    tomcat.getConnector().setProperty("maxThreads", "50");
    tomcat.getConnector().setProperty("compression", "on");
    tomcat.getConnector().setProperty("compressionMinSize", "500");
    tomcat.getConnector().setProperty("maxSwallowSize", "0");
    tomcat
        .getConnector()
        .setProperty("compressibleMimeType", "text/html,text/css,text/javascript,application/json");
    connector.forEach(tomcat.getConnector()::setProperty);
    Context context = tomcat.addWebapp("/crossfade", Path.of("webapp").toAbsolutePath().toString());
    context.addLifecycleListener(CrossfadeServer::serveAsPackaged);
    settings.forEach(context::addParameter);
    configuring.accept(context);
    context.setParentClassLoader(CrossfadeServer.class.getClassLoader());
    context.addServletContainerInitializer(
        (classes, servlets) -> {
          servlets.setAttribute("crossfade.clock", clock);
          servlets.setAttribute("crossfade.nanos", nanos);
        },
        null);
    context.addLifecycleListener(
        event -> {
          if (event.getType().equals(Lifecycle.STOP_EVENT)) {
            stopping.run();
          }
        });
    tomcat.addUser("agent", "agent");
    tomcat.addRole("agent", "crossfade-agent");
    tomcat.addRole("agent", "crossfade-shop-demo");
    tomcat.addUser("admin", "admin");
    tomcat.addRole("admin", "crossfade-admin");
    tomcat.addRole("admin", "crossfade-shop-demo");
    ErrorReportValve quiet = new ErrorReportValve();
    quiet.setShowReport(false);
    quiet.setShowServerInfo(false);
    tomcat.getHost().getPipeline().addValve(quiet);
    tomcat.start();
    if (context.getState() != LifecycleState.STARTED) {
      throw new IllegalStateException("the application did not start");
    }
    port = tomcat.getConnector().getLocalPort();
    return this;
  }

  /** Opens an AJP connector beside the other, and answers its port. */
  public int ajp() {
    Connector ajp = new Connector("AJP/1.3");
    ajp.setPort(0);
    ajp.setProperty("address", "127.0.0.1");
    ajp.setProperty("secretRequired", "false");
    tomcat.getService().addConnector(ajp);
    return ajp.getLocalPort();
  }

  public int port() {
    return port;
  }

  /** {@code http://localhost:PORT/crossfade/}. */
  public String url() {
    return "http://localhost:" + port + "/crossfade/";
  }

  public Api api() {
    return new Api(url());
  }

  /**
   * Takes the application out of the running Tomcat.
   *
   * @param meanwhile run when Tomcat has begun, before the application hears of it
   */
  public void undeploy(Runnable meanwhile) {
    stopping = meanwhile;
    tomcat.getHost().removeChild(tomcat.getHost().findChild("/crossfade"));
  }

  public void stop() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
  }

  @Override
  public void close() throws LifecycleException {
    if (tomcat != null && tomcat.getServer().getState().isAvailable()) {
      stop();
    }
  }

  /** Scripts without their comments, as in the WAR. */
  private static void serveAsPackaged(LifecycleEvent event) {
    if (event.getType().equals(Lifecycle.CONFIGURE_START_EVENT)) {
      WebResourceRoot resources = ((Context) event.getLifecycle()).getResources();
      String served = Path.of("target/served").toAbsolutePath().toString();
      resources.addPreResources(new DirResourceSet(resources, "/", served, "/"));
    }
  }
}
