package dev.crossfade.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;

/**
 * The API: {@link Routes} before Jersey. Counts unanswered requests, and drains before it is
 * destroyed.
 */
public final class ApiServlet extends ServletContainer {

  private static final long serialVersionUID = 1L;

  /**
   * Longer than any request is held and a well-behaved client reads its response. Once an undeploy
   * begins, Tomcat ends requests without a timeout with a 500 at its next check (every second),
   * possibly before we have answered.
   */
  private static final Duration TOMCAT_ENDS_AFTER = Duration.ofMinutes(1);

  private final transient Routes routes;
  private final transient Runnable drain;
  private final transient AtomicInteger unanswered = new AtomicInteger();
  private volatile boolean serving;

  /** {@code drain} may block for a few seconds. */
  public ApiServlet(Routes routes, ResourceConfig config, Runnable drain) {
    super(config);
    this.routes = routes;
    this.drain = drain;
  }

  @Override
  public void init() throws ServletException {
    super.init();
    serving = true;
  }

  /** Whether the servlet was loaded: Tomcat only logs a failure. */
  public boolean serving() {
    return serving;
  }

  /** Whether every request has been answered, including suspended ones. */
  public boolean answered() {
    return unanswered.get() == 0;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    unanswered.incrementAndGet();
    boolean later = false;
    try {
      if (!routes.serve(request)) {
        super.service(request, response);
      }
      later = request.isAsyncStarted() && answersLater(request);
    } finally {
      if (!later) {
        unanswered.decrementAndGet();
      }
    }
  }

  /**
   * Registers for the end of a suspended request, which Tomcat reports only after this thread has
   * left.
   */
  private boolean answersLater(HttpServletRequest request) {
    try {
      AsyncContext held = request.getAsyncContext();
      held.setTimeout(TOMCAT_ENDS_AFTER.toMillis());
      held.addListener(new Ended());
      return true;
    } catch (IllegalStateException answeredMeanwhile) {
      return false;
    }
  }

  private final class Ended implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      unanswered.decrementAndGet();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // Completes then.
    }

    @Override
    public void onError(AsyncEvent event) {
      // Completes then.
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }
  }

  /**
   * Drains here, because Tomcat stops servlets before it notifies listeners. By then Tomcat has
   * closed sockets with its own code and failed held polls.
   */
  @Override
  public void destroy() {
    drain.run();
    super.destroy();
  }
}
