package dev.crossfade.run;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.core.JreMemoryLeakPreventionListener;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.core.ThreadLocalLeakPreventionListener;
import org.apache.catalina.startup.Tomcat;

/**
 * The main class of a process that has only a Tomcat's own jars, and deploys and undeploys the WAR
 * as it is told on its standard input. Nothing of a test's class path keeps the application alive.
 */
final class Redeployer {

  /** A collection does not promise to find everything at once. */
  private static final int COLLECTIONS = 50;

  private final Tomcat tomcat = new Tomcat();
  private final String war;
  private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
  private Context context;

  private Redeployer(Path base, String war) throws Exception {
    this.war = war;
    tomcat.setBaseDir(base.toString());
    tomcat.setPort(0);
    tomcat.getServer().addLifecycleListener(new JreMemoryLeakPreventionListener());
    tomcat.getServer().addLifecycleListener(new ThreadLocalLeakPreventionListener());
    tomcat.getConnector();
    tomcat.getHost();
    tomcat.start();
  }

  /** Base folder and WAR; settings are system properties. */
  public static void main(String[] arguments) throws Exception {
    Redeployer redeployer = new Redeployer(Path.of(arguments[0]), arguments[1]);
    var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      System.out.println("done: " + redeployer.carryOut(order));
    }
  }

  private String carryOut(String order) throws IOException {
    switch (order) {
      case "deploy":
        deploy();
        return "port=" + tomcat.getConnector().getLocalPort();
      case "undeploy":
        tomcat.getHost().removeChild(context);
        context = null;
        return "undeployed";
      default:
        return report();
    }
  }

  private void deploy() throws IOException {
    Files.createDirectories(tomcat.getHost().getAppBaseFile().toPath());
    context = tomcat.addWebapp("/crossfade", war);
    if (context.getState() != LifecycleState.STARTED) {
      throw new IllegalStateException("the application did not start");
    }
    loaders.add(new WeakReference<>(context.getLoader().getClassLoader()));
  }

  private String report() {
    for (int i = 0; i < COLLECTIONS && alive() > 0; i++) {
      System.gc();
    }
    List<String> threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(
                t ->
                    t.getName().matches("(?i)(crossfade|hikari|h2|mvstore|postgres|jersey).*")
                        || loaders.stream()
                            .anyMatch(l -> l.get() != null && l.get() == t.getContextClassLoader()))
            .map(Thread::getName)
            .toList();
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long metaspace =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getName().equals("Metaspace"))
            .map(MemoryPoolMXBean::getUsage)
            .mapToLong(usage -> usage.getUsed() / 1024)
            .sum();
    int leaks = ((StandardHost) tomcat.getHost()).findReloadedContextMemoryLeaks().length;
    return "alive="
        + alive()
        + " leaks="
        + leaks
        + " files="
        + system.getOpenFileDescriptorCount()
        + " metaspace="
        + metaspace
        + " threads="
        + String.join(",", threads).replace(' ', '_');
  }

  private long alive() {
    return loaders.stream().filter(loader -> loader.get() != null).count();
  }
}
