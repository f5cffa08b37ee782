package dev.crossfade.app;

import dev.crossfade.identity.Shops;
import dev.crossfade.websocket.MessageEndpoint;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;
import java.io.File;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts and stops the application with its context. */
public final class AppListener implements ServletContextListener {

  /** A context attribute: a clock for tests. */
  public static final String CLOCK = "crossfade.clock";

  /** A context attribute: a {@link LongSupplier} that replaces {@code System.nanoTime} in tests. */
  public static final String NANOS = "crossfade.nanos";

  /** A context attribute: the population, for a transport outside the WAR. */
  public static final String POPULATION = "crossfade.population";

  private static final Logger LOG = LoggerFactory.getLogger("crossfade");

  private App app;
  private WarmUp warmUp;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    try {
      start(context);
    } catch (RuntimeException | DeploymentException e) {
      LOG.error("Crossfade does not start: {}", e.getMessage());
      throw new IllegalStateException("Crossfade does not start: " + e.getMessage(), e);
    }
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    if (warmUp != null) {
      warmUp.close();
    }
    if (app != null) {
      app.drain();
      app.close();
    }
    deregisterDrivers();
    LOG.info("Crossfade stopped");
  }

  private void start(ServletContext context) throws DeploymentException {
    SettingsSource source = new SettingsSource(context);
    Optional<DataSource> given = source.dataSource();
    Settings settings = Settings.read(source::find, defaultHome(), given.isPresent());
    settings.shown().forEach(setting -> LOG.info("setting: {}", setting));
    if (settings.identity().secrets().isEmpty()) {
      settings = settings.withSecret(DemoSecret.at(settings.node().home()));
    }
    Object attribute = context.getAttribute(CLOCK);
    Clock clock = attribute instanceof Clock set ? set : Clock.systemUTC();
    attribute = context.getAttribute(NANOS);
    LongSupplier nanos = attribute instanceof LongSupplier set ? set : System::nanoTime;
    app = new App(settings, given.orElse(null), clock, nanos);
    if (settings.node().demo()) {
      demoShop(app.shops());
    }
    context.setAttribute(POPULATION, app.carriers().population);
    if (!settings.node().warmUp().isZero()) {
      warmUp = warmUp(context, settings, clock, nanos);
      filter(context, "warm-up", warmUp, WarmUp.PATHS);
      servlet(context, "warm-up", new WarmUp.Nothing(), WarmUp.PATHS);
    }
    filter(context, "entry", app.carriers().entry, "/*");
    filter(context, "handshake", app.carriers().handshake, "/ws");
    filter(context, "handshakes", app.carriers().handshakes, "/doctor/echo");
    filter(context, "echo-handshake", app.carriers().echoHandshake, "/doctor/echo");
    servlet(context, "api", app.api(), "/api/*");
    servlet(context, "health", app.health(), "/health/live", "/health/ready", "/metrics");
    ServerContainer sockets =
        (ServerContainer) context.getAttribute("jakarta.websocket.server.ServerContainer");
    if (sockets == null) {
      throw new DeploymentException("this container has no WebSocket support");
    }
    sockets.addEndpoint(app.carriers().endpoint());
    sockets.addEndpoint(app.carriers().echo());
    if (warmUp != null) {
      sockets.addEndpoint(MessageEndpoint.at(WarmUp.SOCKET, warmUp::sockets));
      warmUp.start();
    }
    LOG.info("Crossfade started at {} on {}", context.getContextPath(), context.getServerInfo());
    if (settings.node().demo()) {
      printWelcome(context.getContextPath());
    }
  }

  private WarmUp warmUp(
      ServletContext context, Settings settings, Clock clock, LongSupplier nanos) {
    Path work = ((File) context.getAttribute(ServletContext.TEMPDIR)).toPath();
    Path folder = work.resolve("warm-up");
    app.warming(true);
    return new WarmUp(
        () -> new WarmNode(settings, folder, clock, nanos),
        settings.node().warmUp(),
        context,
        () -> app.warming(false));
  }

  private static void filter(ServletContext context, String name, Filter filter, String path) {
    FilterRegistration.Dynamic registration = context.addFilter(name, filter);
    registration.setAsyncSupported(true);
    // Before all others, because Tomcat's WebSocket filter is already registered.
    // Tomcat forwards to the login pages, before any filter of the request itself; what had to wait
    // for its body comes by an asynchronous dispatch.
    EnumSet<DispatcherType> all =
        EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD, DispatcherType.ASYNC);
    registration.addMappingForUrlPatterns(all, false, path);
  }

  private static void servlet(
      ServletContext context, String name, HttpServlet servlet, String... paths) {
    ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
    registration.setAsyncSupported(true);
    registration.setLoadOnStartup(1);
    registration.addMapping(paths);
  }

  private static void demoShop(Shops shops) {
    if (shops.find("demo").isEmpty()) {
      shops.save("demo", "Demo", List.of(Shops.SELF, "http://localhost:*", "http://127.0.0.1:*"));
    }
  }

  private static void printWelcome(String contextPath) {
    String base = "http://localhost:" + System.getProperty("http.port", "8080") + contextPath;
    LOG.info(
        "Demo, not for production. Open:\n"
            + "\n"
            + "    shop page        {}/\n"
            + "    agent console    {}/agent/     agent / agent\n"
            + "    ops page         {}/ops/       admin / admin\n"
            + "    legacy widget    {}/legacy/\n"
            + "    doctor           {}/doctor/\n"
            + "\n"
            + "    Ctrl-C stops it.\n",
        base,
        base,
        base,
        base,
        base);
  }

  private static Path defaultHome() {
    return Path.of(System.getProperty("catalina.base", "."), "crossfade-data");
  }

  /** Tomcat cannot unload an application while the JVM holds its JDBC drivers. */
  private static void deregisterDrivers() {
    ClassLoader own = AppListener.class.getClassLoader();
    for (Driver driver : Collections.list(DriverManager.getDrivers())) {
      if (driver.getClass().getClassLoader() == own) {
        try {
          DriverManager.deregisterDriver(driver);
        } catch (SQLException e) {
          LOG.warn("driver not deregistered: {}", e.getMessage());
        }
      }
    }
  }
}
