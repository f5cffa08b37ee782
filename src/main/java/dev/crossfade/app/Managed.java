package dev.crossfade.app;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An MBean registered as {@code dev.crossfade:type=NAME} until closed. If the name is taken, as
 * with two copies in one Tomcat, it gets a number.
 */
final class Managed implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Managed.class);
  private static final int MAX_COPIES = 100;

  private ObjectName name;

  Managed(String type, Object bean) {
    var server = ManagementFactory.getPlatformMBeanServer();
    try {
      for (int copy = 1; name == null && copy <= MAX_COPIES; copy++) {
        String suffix = copy == 1 ? "" : ",copy=" + copy;
        ObjectName wanted = new ObjectName("dev.crossfade:type=" + type + suffix);
        if (!server.isRegistered(wanted)) {
          server.registerMBean(bean, wanted);
          name = wanted;
        }
      }
    } catch (JMException e) {
      LOG.warn("cannot register with JMX: {}", e.toString());
    }
  }

  @Override
  public void close() throws JMException {
    if (name != null) {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    }
  }
}
