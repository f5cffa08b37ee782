package dev.crossfade.http;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Network;
import dev.crossfade.model.Problem;
import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.Json;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests whose body has not arrived whole: it is read as it comes, without a thread, and then the
 * request is dispatched anew. A client that sends byte by byte would hold a thread otherwise, and a
 * hundred of them all threads. Safe for many threads; never blocks.
 */
public final class SlowBodies {

  /** A body that is not here by then gets 503: the path may be better next time. */
  static final Duration WITHIN = Duration.ofSeconds(15);

  /** Of one source; beyond it 429. */
  static final int MAX_PER_SOURCE = 50;

  /** On a node, of 32 KiB each at most; beyond it 503. */
  static final int MAX = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(SlowBodies.class);

  /** Holds the body that has arrived. */
  private static final String BODY = "crossfade.body";

  private static final int COME_BACK_SECONDS = 2;

  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentMap<String, Integer> bySource = new ConcurrentHashMap<>();

  /** The body that was read here; null where it is still to be read, without waiting. */
  static byte[] read(HttpServletRequest request) {
    return (byte[]) request.getAttribute(BODY);
  }

  /** How many requests wait for their body. */
  public int waiting() {
    return all.get();
  }

  /**
   * Whether the body is on its way; then the request comes again once it is here, by an ASYNC
   * dispatch, or is refused in this language.
   */
  boolean waits(HttpServletRequest request, Language language) throws IOException {
    if (request.getDispatcherType() != DispatcherType.REQUEST || !hasBody(request)) {
      return false;
    }
    byte[] begun = begun(request);
    if (begun.length == request.getContentLengthLong()) {
      request.setAttribute(BODY, begun);
      return false;
    }
    AsyncContext context = request.startAsync();
    context.setTimeout(WITHIN.toMillis());
    String source = Network.source(request.getRemoteAddr());
    ChatException refusal = enter(source);
    Waiting waiting = new Waiting(context, request, source, language, refusal == null);
    waiting.body.writeBytes(begun);
    context.addListener(waiting);
    // Also where it is refused: Tomcat would read what is left of it with a blocking call.
    request.getInputStream().setReadListener(waiting);
    if (refusal != null) {
      waiting.refuse(refusal);
    }
    return true;
  }

  private static boolean hasBody(HttpServletRequest request) {
    return request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
  }

  /**
   * What came along with the head, without waiting. Before the first byte was read, Tomcat says
   * only whether there is one; it counts the beginning of a chunk, for which a read would wait, and
   * the next request behind this one.
   */
  private static byte[] begun(HttpServletRequest request) throws IOException {
    long most = Math.min(request.getContentLengthLong(), Json.MAX_CHARS + 1L);
    ServletInputStream in = request.getInputStream();
    ByteArrayOutputStream begun = new ByteArrayOutputStream();
    int there;
    while (begun.size() < most && (there = in.available()) > 0) {
      begun.writeBytes(in.readNBytes((int) Math.min(there, most - begun.size())));
    }
    return begun.toByteArray();
  }

  private ChatException enter(String source) {
    if (bySource.merge(source, 1, Integer::sum) > MAX_PER_SOURCE) {
      leaveSource(source);
      return new ChatException(Problem.RATE_LIMITED).with("retry_after", COME_BACK_SECONDS);
    }
    if (all.incrementAndGet() > MAX) {
      all.decrementAndGet();
      leaveSource(source);
      return new ChatException(Problem.UNAVAILABLE).with("retry_after", COME_BACK_SECONDS);
    }
    return null;
  }

  private void leave(String source) {
    all.decrementAndGet();
    leaveSource(source);
  }

  private void leaveSource(String source) {
    bySource.computeIfPresent(source, (same, n) -> n > 1 ? n - 1 : null);
  }

  /** One of them. Tomcat calls one method at a time. */
  private final class Waiting implements ReadListener, AsyncListener {

    private final AsyncContext context;
    private final HttpServletRequest request;
    private final String source;
    private final Language language;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final byte[] buffer = new byte[1_024];

    /** Until then it counts. */
    private final AtomicBoolean over;

    Waiting(
        AsyncContext context,
        HttpServletRequest request,
        String source,
        Language language,
        boolean counts) {
      this.context = context;
      this.request = request;
      this.source = source;
      this.language = language;
      this.over = new AtomicBoolean(!counts);
    }

    @Override
    public void onDataAvailable() throws IOException {
      ServletInputStream in = request.getInputStream();
      int read;
      while (in.isReady() && (read = in.read(buffer)) >= 0) {
        // What is too large is read to its end, so that the refusal can be read.
        if (body.size() <= Json.MAX_CHARS) {
          body.write(buffer, 0, read);
        }
      }
    }

    @Override
    public void onAllDataRead() {
      if (end()) {
        request.setAttribute(BODY, body.toByteArray());
        context.dispatch();
      }
    }

    @Override
    public void onError(Throwable gone) {
      LOG.debug("a body that ended early", gone);
      end();
      context.complete();
    }

    void refuse(ChatException refusal) {
      try {
        HttpServletResponse response = (HttpServletResponse) context.getResponse();
        response.setHeader("Connection", "close");
        HttpRefusal.write(response, refusal, language);
      } catch (IOException gone) {
        LOG.debug("the client is gone", gone);
      }
      context.complete();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      if (end()) {
        refuse(new ChatException(Problem.UNAVAILABLE).with("retry_after", COME_BACK_SECONDS));
      }
    }

    @Override
    public void onComplete(AsyncEvent event) {
      end();
    }

    @Override
    public void onError(AsyncEvent event) {
      end();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      // The request is served now, and suspended by somebody else.
    }

    /** False where it was over already. */
    private boolean end() {
      boolean first = over.compareAndSet(false, true);
      if (first) {
        leave(source);
      }
      return first;
    }
  }
}
