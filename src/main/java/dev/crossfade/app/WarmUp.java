package dev.crossfade.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.crossfade.http.Call;
import dev.crossfade.peer.Population;
import dev.crossfade.websocket.Sockets;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the node to itself after a start, through Tomcat's own connector, until the JVM has
 * compiled what a busy node does: for its first hundred thousand requests a JVM is several times
 * slower than later. A filter for {@link #PATHS}, which lets in nobody else. One pair of clients
 * for each two cores.
 */
final class WarmUp extends HttpFilter implements AutoCloseable {

  static final String PATHS = "/warm-up/*";
  static final String SOCKET = "/warm-up/ws";
  static final String KEY_HEADER = "X-Crossfade-Warm-Up";

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private static final Duration GONE_WITHIN = Duration.ofSeconds(6);

  private static final Duration ENDS_WITHIN = Duration.ofSeconds(15);

  /** Over when the compilers worked for less than this share of the time lately. */
  private static final double SETTLED = 0.1;

  private static final Duration SETTLED_FOR = Duration.ofSeconds(3);

  private final transient Supplier<WarmNode> maker;
  private final Duration most;
  private final String host;
  private final String contextPath;
  private final transient Runnable then;
  private final String key = WarmNode.secret();
  private final transient Thread thread;
  private final transient Set<WarmConnection> connections = ConcurrentHashMap.newKeySet();
  private transient volatile WarmNode node;
  private final transient CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean over;

  /**
   * @param maker makes the node that is served, and may block
   * @param most after this time it is over in any case
   * @param then runs when it is over, whatever came of it
   */
  WarmUp(Supplier<WarmNode> maker, Duration most, ServletContext context, Runnable then) {
    this.maker = maker;
    this.most = most;
    // Tomcat says ENGINE/HOST.
    this.host = context.getVirtualServerName().replaceFirst(".*/", "");
    this.contextPath = context.getContextPath();
    this.then = then;
    this.thread = Threads.factory("warm-up").newThread(this::run);
  }

  void start() {
    thread.start();
  }

  /** Where its sockets are; for the endpoint. */
  Sockets sockets() {
    WarmNode served = node;
    if (served == null) {
      throw new IllegalStateException("the warm-up is over");
    }
    return served.carriers.sockets;
  }

  /** Behind the filter: can suspend requests, and is found by nobody who has no key. */
  static final class Nothing extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    WarmNode served = node;
    if (served == null || !mayEnter(request.getHeader(KEY_HEADER))) {
      chain.doFilter(request, response);
      return;
    }
    request.setAttribute(Call.QUIET, Boolean.TRUE);
    if ("/ws".equals(request.getPathInfo())) {
      served.carriers.handshake.doFilter(request, response, chain);
    } else {
      served.carriers.entry.doFilter(
          new AsApi(request), response, (q, r) -> served.routes.serve((HttpServletRequest) q));
    }
  }

  private boolean mayEnter(String offered) {
    return offered != null && MessageDigest.isEqual(offered.getBytes(UTF_8), key.getBytes(UTF_8));
  }

  /** What the entry filter and the routes take for a request to the API. */
  private static final class AsApi extends HttpServletRequestWrapper {
    AsApi(HttpServletRequest request) {
      super(request);
    }

    @Override
    public String getServletPath() {
      return "/api";
    }
  }

  private void run() {
    try {
      node = maker.get();
      InetSocketAddress connector = OwnConnector.find(this::answers, most, stopped);
      if (connector != null) {
        serve(connector);
      } else if (!over) {
        LOG.warn("warm-up: no HTTP connector of this Tomcat answers at {}", contextPath);
      }
    } catch (RuntimeException failed) {
      LOG.warn("warm-up: given up: {}", failed.toString());
    } catch (InterruptedException stopping) {
      LOG.debug("warm-up: interrupted", stopping);
    } finally {
      end();
    }
  }

  private void end() {
    try {
      over = true;
      WarmNode served = node;
      node = null;
      if (served != null) {
        awaitNobody(served.carriers.population);
        served.close();
      }
    } finally {
      then.run();
    }
  }

  /** Tomcat tells of the end of a socket a moment after it was closed. */
  private static void awaitNobody(Population population) {
    long begin = System.nanoTime();
    while (population.streams() + population.held() > 0
        && System.nanoTime() - begin < GONE_WITHIN.toNanos()) {
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
  }

  private void serve(InetSocketAddress connector) throws InterruptedException {
    long begin = System.nanoTime();
    LOG.info("warm-up: for {} s at most, then ready", most.toSeconds());
    List<CompletableFuture<Long>> driven = new ArrayList<>();
    long answered = 0;
    try {
      for (int i = 0; i < Math.max(1, Runtime.getRuntime().availableProcessors() / 2); i++) {
        driven.add(drive(connector, i));
      }
      awaitCompiled(begin, driven);
    } finally {
      over = true;
      for (CompletableFuture<Long> one : driven) {
        answered += one.join();
      }
    }
    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
    LOG.info("warm-up: {} requests answered in {} ms", answered, millis);
  }

  private CompletableFuture<Long> drive(InetSocketAddress connector, int number) {
    CompletableFuture<Long> answered = new CompletableFuture<>();
    WarmTraffic traffic = new WarmTraffic(node, number, token -> open(connector, token));
    Runnable work =
        () -> {
          try {
            traffic.run(() -> over);
          } catch (IOException | RuntimeException failed) {
            // Also where Tomcat stops, or the application is undeployed.
            LOG.info("warm-up: ended early: {}", failed.toString());
          } finally {
            answered.complete(traffic.answered());
          }
        };
    Threads.factory("warm-up-" + number).newThread(work).start();
    return answered;
  }

  private void awaitCompiled(long begin, List<CompletableFuture<Long>> driven)
      throws InterruptedException {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    boolean measured = compilers != null && compilers.isCompilationTimeMonitoringSupported();
    long before = measured ? compilers.getTotalCompilationTime() : 0;
    long looked = begin;
    while (System.nanoTime() - begin < most.toNanos()
        && !stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
      if (driven.stream().allMatch(CompletableFuture::isDone)) {
        return;
      }
      long now = System.nanoTime();
      if (measured && now - looked >= SETTLED_FOR.toNanos()) {
        long compiled = compilers.getTotalCompilationTime();
        if (compiled - before < SETTLED * SETTLED_FOR.toMillis()) {
          return;
        }
        before = compiled;
        looked = now;
      }
    }
  }

  private WarmConnection open(InetSocketAddress connector, String token) throws IOException {
    WarmConnection made = new WarmConnection(connector, host, contextPath + "/warm-up", key, token);
    connections.removeIf(WarmConnection::closed);
    connections.add(made);
    return made;
  }

  private boolean answers(InetSocketAddress candidate) {
    try (WarmConnection connection = open(candidate, "")) {
      connection.call("GET", "/transport?client_id=warm-up&shop_id=warm-up", "");
      return true;
    } catch (IOException notThisOne) {
      LOG.debug("warm-up: {}", candidate, notThisOne);
      return false;
    }
  }

  /**
   * Blocks until its threads have ended and its files are gone. Never interrupts: H2 would fail.
   */
  @Override
  public void close() {
    over = true;
    stopped.countDown();
    // A Tomcat that stops may leave a request without an answer.
    connections.forEach(WarmConnection::close);
    try {
      thread.join(ENDS_WITHIN.toMillis());
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("warm-up: still running after {} s", ENDS_WITHIN.toSeconds());
    }
  }
}
