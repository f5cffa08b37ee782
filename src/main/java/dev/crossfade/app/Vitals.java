package dev.crossfade.app;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.crossfade.peer.Population;
import dev.crossfade.rollout.gate.NodeFigures;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Set;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The resource usage of this node as reported by the JVM and Tomcat, and its growth per socket. */
final class Vitals implements Supplier<NodeFigures> {

  private static final Logger LOG = LoggerFactory.getLogger(Vitals.class);

  private final Population population;
  private final Slope heapSlope = new Slope();
  private final Slope fileSlope = new Slope();
  private final Slope threadSlope = new Slope();

  Vitals(Population population) {
    this.population = population;
  }

  /** Samples the usage; each call adds a point to the fits. */
  @Override
  public synchronized NodeFigures get() {
    int sockets = population.streams();
    double heap = heap();
    double files = files();
    double threads = threads();
    return new NodeFigures(
        sockets,
        population.maxStreams(),
        population.leaving(),
        population.held(),
        population.maxHeld(),
        heap,
        files,
        threads,
        heapSlope.with(sockets, heap),
        fileSlope.with(sockets, files),
        threadSlope.with(sockets, threads));
  }

  /** Heap in use after the last collection; 0 if there was none. */
  private static double heap() {
    double used = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      used += usage == null ? 0 : usage.getUsed();
    }
    return used / Runtime.getRuntime().maxMemory();
  }

  /** File descriptors in use; 0 if this is not Unix. */
  private static double files() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? (double) unix.getOpenFileDescriptorCount() / unix.getMaxFileDescriptorCount()
        : 0;
  }

  /** Threads in use by the busiest connector; 0 if Tomcat reports none. */
  private static double threads() {
    double busiest = 0;
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      Set<ObjectName> pools = server.queryNames(new ObjectName("*:type=ThreadPool,name=*"), null);
      for (ObjectName pool : pools) {
        double busy = ((Number) server.getAttribute(pool, "currentThreadsBusy")).doubleValue();
        double most = ((Number) server.getAttribute(pool, "maxThreads")).doubleValue();
        busiest = Math.max(busiest, most > 0 ? busy / most : 0);
      }
    } catch (JMException gone) {
      LOG.debug("no metrics of the connector", gone);
    }
    return busiest;
  }

  /** The slope of y over x by least squares over all points so far; never negative. */
  private static final class Slope {

    /** Minimum number of points for a fit. */
    private static final int POINTS = 10;

    private double n;
    private double sumX;
    private double sumY;
    private double sumXx;
    private double sumXy;

    double with(double x, double y) {
      n++;
      sumX += x;
      sumY += y;
      sumXx += x * x;
      sumXy += x * y;
      double spread = n * sumXx - sumX * sumX;
      return n < POINTS || spread < 1 ? 0 : Math.max(0, (n * sumXy - sumX * sumY) / spread);
    }
  }
}
