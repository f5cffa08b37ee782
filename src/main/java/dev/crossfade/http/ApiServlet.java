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

/** Jersey's servlet, which knows what it has not answered, and drains before it is destroyed. */
public final class ApiServlet extends ServletContainer {

  private static final long serialVersionUID = 1L;

  /**
   * Longer than anything here is held and an honest client reads its answer. A request without a
   * bound is ended by Tomcat with a 500 at its next look (each second) once an undeploy has begun,
   * which may come before our answer.
   */
  private static final Duration TOMCAT_ENDS_AFTER = Duration.ofMinutes(2);

  private final transient Runnable drain;
  private final transient AtomicInteger unanswered = new AtomicInteger();
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

  /** Whether every request that came in is over, those too that were answered later. */
  public boolean answered() {
    return unanswered.get() == 0;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    unanswered.incrementAndGet();
    boolean later = false;
    try {
      super.service(request, response);
      later = request.isAsyncStarted() && answersLater(request);
    } finally {
      if (!later) {
        unanswered.decrementAndGet();
      }
    }
  }

  /** Tomcat ends a request, and tells so, only after this thread has left it. */
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
   * Tomcat stops servlets before it tells listeners: by then sockets are closed with its own code
   * and held polls end in an error, so this is the last moment to let people go in an orderly way.
   */
  @Override
  public void destroy() {
    drain.run();
    super.destroy();
  }
}
