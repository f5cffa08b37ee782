package dev.crossfade.http;

import dev.crossfade.metrics.Meters;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * {@code health/live}, {@code health/ready} and {@code metrics}, for load balancers and Prometheus.
 */
public final class HealthServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;

  private final transient BooleanSupplier live;
  private final transient BooleanSupplier ready;
  private final transient Meters meters;

  /**
   * @param live false if only a restart helps; does not block
   * @param ready may block for a query
   */
  public HealthServlet(BooleanSupplier live, BooleanSupplier ready, Meters meters) {
    this.live = live;
    this.ready = ready;
    this.meters = meters;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setHeader("Cache-Control", "no-store");
    String path = request.getServletPath();
    request.setAttribute(Call.QUIET, Boolean.TRUE);
    if (path.equals("/metrics")) {
      write(response, 200, "text/plain; version=0.0.4; charset=utf-8", meters.scrape());
    } else if (path.equals("/health/live")) {
      status(response, live.getAsBoolean(), "live");
    } else {
      status(response, ready.getAsBoolean(), "ready");
    }
  }

  private static void status(HttpServletResponse response, boolean good, String what)
      throws IOException {
    String body = "{\"status\":\"" + (good ? what : "not " + what) + "\"}";
    if (!good) {
      response.setHeader("Retry-After", "2");
    }
    write(response, good ? 200 : 503, "application/json;charset=UTF-8", body);
  }

  private static void write(HttpServletResponse response, int status, String type, String body)
      throws IOException {
    response.setStatus(status);
    response.setContentType(type);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }
}
