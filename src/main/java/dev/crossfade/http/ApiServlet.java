package dev.crossfade.http;

import jakarta.servlet.ServletException;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;

/** Jersey's servlet, which drains before it is destroyed. */
public final class ApiServlet extends ServletContainer {

  private static final long serialVersionUID = 1L;

  private final transient Runnable drain;
  private volatile boolean serving;

  /** {@code drain} may block for a few seconds. */
  public ApiServlet(ResourceConfig config, Runnable drain) {
    super(config);
    this.drain = drain;
  }

  @Override
  public void init() throws ServletException {
    super.init();
    serving = true;
  }

  /** Whether it was loaded: Tomcat only logs it where a servlet could not be. */
  public boolean serving() {
    return serving;
  }

  /**
   * Tomcat stops servlets before it tells listeners: by then sockets are closed with its own code
   * and held polls end in an error, so this is the last moment to let people go in an orderly way.
   */
  @Override
  public void destroy() {
    drain.run();
    super.destroy();
  }
}
