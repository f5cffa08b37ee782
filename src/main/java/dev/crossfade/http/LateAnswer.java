package dev.crossfade.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The response to a suspended request, written without blocking: Tomcat's timeout for a blocking
 * write restarts with every byte, so a slow reader could hold a thread indefinitely. Here a slow
 * reader only holds the bytes of its response.
 *
 * <p>Until the request's thread has left, Tomcat lets no other thread write, so a response decided
 * in the meantime is kept and written by that thread.
 */
public final class LateAnswer {

  private static final Logger LOG = LoggerFactory.getLogger(LateAnswer.class);

  private final AsyncContext context;
  private final Call call;
  private final Over over = new Over();
  private final AtomicBoolean decided = new AtomicBoolean();
  private Answer kept;
  private boolean left;

  /** Suspends the request; on its thread. */
  LateAnswer(Call call) {
    this.call = call;
    this.context = call.request().startAsync();
    context.addListener(over);
  }

  public void send(Answer answer) {
    send(answer, () -> {});
  }

  /**
   * Sends the response; only the first call has an effect. Thread-safe; never blocks.
   *
   * @param atEnd runs after the last byte was handed to the network, or the client is gone
   */
  public void send(Answer answer, Runnable atEnd) {
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
  void left() {
    Answer made;
    synchronized (this) {
      left = true;
      made = kept;
    }
    if (made != null) {
      write(made);
    }
  }

  private void write(Answer answer) {
    try {
      HttpServletResponse response = (HttpServletResponse) context.getResponse();
      byte[] bytes = answer.bytes();
      over.then(call.answers().take(call.callerOrNull(), call.address(), bytes.length));
      answer.begin(response, bytes);
      ServletOutputStream out = response.getOutputStream();
      out.setWriteListener(new Writer(out, bytes));
    } catch (IOException | IllegalStateException gone) {
      LOG.debug("the client is gone", gone);
      over.run();
    }
  }

  /**
   * Each step waits until all bytes of the previous one are written, because completing flushes
   * with a blocking call.
   */
  private final class Writer implements WriteListener {

    private final ServletOutputStream out;
    private final byte[] body;
    private int step;

    Writer(ServletOutputStream out, byte[] body) {
      this.out = out;
      this.body = body;
    }

    @Override
    public void onWritePossible() throws IOException {
      while (out.isReady()) {
        switch (step++) {
          case 0 -> out.write(body);
          // A compressing connector keeps bytes until flushed.
          case 1 -> out.flush();
          default -> {
            context.complete();
            return;
          }
        }
      }
    }

    @Override
    public void onError(Throwable thrown) {
      LOG.debug("a response could not be written", thrown);
      context.complete();
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
