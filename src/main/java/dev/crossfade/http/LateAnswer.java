package dev.crossfade.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The response to a suspended request, written without blocking and without Jersey. Jersey's {@code
 * resume} writes on the calling thread, and Tomcat's timeout for a blocking write restarts with
 * every byte, so a slow reader could hold that thread indefinitely. Here a slow reader only holds
 * the bytes of its response.
 *
 * <p>The request's thread opens and closes it. Until then Tomcat lets no other thread write, so a
 * response decided in the meantime is kept and sent on close.
 */
public final class LateAnswer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LateAnswer.class);

  private final AsyncContext context;
  private final AsyncResponse suspended;
  private final Call call;
  private final Over over = new Over();
  private final AtomicBoolean decided = new AtomicBoolean();
  private Response kept;
  private boolean left;

  private LateAnswer(AsyncContext context, AsyncResponse suspended, Call call) {
    this.call = call;
    this.context = context;
    this.suspended = suspended;
  }

  /** {@code suspended} is Jersey's response for this call; it must not be resumed. */
  public static LateAnswer to(Call call, AsyncResponse suspended) {
    if (!suspended.isSuspended()) {
      throw new IllegalStateException("the request is not suspended");
    }
    LateAnswer answer = new LateAnswer(call.request().getAsyncContext(), suspended, call);
    // On the request's thread, because Tomcat's list of listeners is not thread-safe.
    answer.context.addListener(answer.over);
    return answer;
  }

  public void send(Response answer) {
    send(answer, () -> {});
  }

  /**
   * Sends the response; only the first call has an effect. Thread-safe; never blocks.
   *
   * @param atEnd runs after the last byte was handed to the network, or the client is gone
   */
  public void send(Response answer, Runnable atEnd) {
    if (!decided.compareAndSet(false, true)) {
      return;
    }
    over.then(atEnd);
    synchronized (this) {
      if (!left) {
        kept = answer;
        return;
      }
    }
    try {
      // On a container thread, because the thread that sets the listener continues to serve the
      // connection, including its next request.
      context.start(() -> write(answer));
    } catch (IllegalStateException | RejectedExecutionException gone) {
      LOG.debug("the client is gone", gone);
      over.run();
    }
  }

  /** Called by the request's thread when it leaves. */
  @Override
  public void close() {
    Response made;
    synchronized (this) {
      left = true;
      made = kept;
    }
    if (made != null) {
      write(made);
    }
  }

  private void write(Response answer) {
    try {
      HttpServletResponse response = (HttpServletResponse) context.getResponse();
      response.setStatus(answer.getStatus());
      answer
          .getStringHeaders()
          .forEach((name, values) -> values.forEach(value -> response.setHeader(name, value)));
      byte[] body = body(answer);
      over.then(call.answers().take(call.callerOrNull(), call.address(), body.length));
      if (body.length > 0) {
        response.setContentLength(body.length);
      }
      ServletOutputStream out = response.getOutputStream();
      out.setWriteListener(new Writer(out, body, answer.getStatus()));
    } catch (IOException | IllegalStateException gone) {
      LOG.debug("the client is gone", gone);
      over.run();
    }
  }

  private static byte[] body(Response answer) {
    return answer.getEntity() instanceof String text
        ? text.getBytes(StandardCharsets.UTF_8)
        : new byte[0];
  }

  /**
   * Each step waits until all bytes of the previous one are written, because completing flushes
   * with a blocking call. The last step lets Jersey complete a response that is already written.
   */
  private final class Writer implements WriteListener {

    private final ServletOutputStream out;
    private final byte[] body;
    private final int status;
    private int step;

    Writer(ServletOutputStream out, byte[] body, int status) {
      this.out = out;
      this.body = body;
      this.status = status;
    }

    @Override
    public void onWritePossible() throws IOException {
      while (out.isReady()) {
        switch (step++) {
          case 0 -> out.write(body);
          // A compressing connector keeps bytes until flushed.
          case 1 -> out.flush();
          default -> {
            complete();
            return;
          }
        }
      }
    }

    @Override
    public void onError(Throwable thrown) {
      LOG.debug("a response could not be written", thrown);
      complete();
    }

    private void complete() {
      if (!suspended.resume(Response.status(status).build())) {
        context.complete();
      }
    }
  }

  /** Runs at the end of the request, however it ends. */
  private static final class Over implements AsyncListener {

    private final List<Runnable> actions = new ArrayList<>(2);
    private boolean done;

    /** Adds an action; runs it at once if the request has already ended. */
    synchronized void then(Runnable atEnd) {
      if (done) {
        atEnd.run();
      } else {
        actions.add(atEnd);
      }
    }

    synchronized void run() {
      done = true;
      actions.forEach(Runnable::run);
      actions.clear();
    }

    @Override
    public void onComplete(AsyncEvent event) {
      run();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      run();
    }

    @Override
    public void onError(AsyncEvent event) {
      run();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }
  }
}
