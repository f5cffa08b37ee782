package dev.crossfade.app;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * By which address this application can be reached from here. A WAR is not told; JMX knows the
 * connectors of all Tomcats in the JVM.
 */
final class OwnConnector {

  private static final Logger LOG = LoggerFactory.getLogger(OwnConnector.class);

  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private static final String STARTED = "STARTED";
  private static final Set<String> STARTING =
      Set.of("INITIALIZING", "INITIALIZED", "STARTING_PREP", "STARTING");

  private static final ObjectName CONNECTORS = pattern();

  private OwnConnector() {}

  private static ObjectName pattern() {
    try {
      return new ObjectName("*:type=Connector,*");
    } catch (JMException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Blocks until a connector was found that is {@code ours}; null if none was in time, or before
   * {@code stopped}. The time begins when the connectors are there: Tomcat starts them after all
   * applications.
   */
  static InetSocketAddress find(
      Predicate<InetSocketAddress> ours, Duration within, CountDownLatch stopped)
      throws InterruptedException {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    long since = System.nanoTime();
    do {
      for (ObjectName name : beans.queryNames(CONNECTORS, null)) {
        String state = attribute(beans, name, "stateName");
        if (STARTING.contains(state)) {
          since = System.nanoTime();
        } else if (STARTED.equals(state) && !attribute(beans, name, "protocol").contains("AJP")) {
          InetSocketAddress candidate = address(name, attribute(beans, name, "localPort"));
          if (candidate != null && ours.test(candidate)) {
            return candidate;
          }
        }
      }
    } while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)
        && System.nanoTime() - since < within.toNanos());
    return null;
  }

  /** Empty for a bean that is gone, or of another kind. */
  private static String attribute(MBeanServer beans, ObjectName name, String attribute) {
    try {
      return String.valueOf(beans.getAttribute(name, attribute));
    } catch (JMException | RuntimeException other) {
      LOG.debug("warm-up: {} of {}", attribute, name, other);
      return "";
    }
  }

  /**
   * Null if none can be made of it. A connector that is bound to one address has it in its name.
   */
  private static InetSocketAddress address(ObjectName name, String port) {
    String bound = name.getKeyProperty("address");
    try {
      InetAddress address =
          bound == null
              ? InetAddress.getLoopbackAddress()
              : InetAddress.getByName(ObjectName.unquote(bound));
      return new InetSocketAddress(address, Integer.parseInt(port));
    } catch (IOException | RuntimeException other) {
      LOG.debug("warm-up: the address of {}", name, other);
      return null;
    }
  }
}
