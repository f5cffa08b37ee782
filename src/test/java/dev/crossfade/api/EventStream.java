package dev.crossfade.api;

import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Language;
import dev.crossfade.model.Transport;
import dev.crossfade.peer.Peer;
import dev.crossfade.peer.Pipe;
import dev.crossfade.peer.Population;
import dev.crossfade.peer.Visit;
import dev.crossfade.wire.Dialect;
import dev.crossfade.wire.NativeDialect;
import dev.crossfade.wire.Reply;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Server-sent events as one more carrier, which the product does not have: what it takes is this
 * class and the one line that gives it the population. {@code GET events?auth=FRAME&join=FRAME};
 * what a client says goes over the polling API.
 */
public final class EventStream extends HttpServlet {

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/event-stream;charset=UTF-8");
    AsyncContext context = request.startAsync();
    context.setTimeout(0);
    Population population = (Population) getServletContext().getAttribute("crossfade.population");
    population.requireStreamRoom(request.getRemoteAddr());
    Events events = new Events(context);
    Visit visit = new Visit(null, null, "", null, null, null, request.getRemoteAddr());
    population.connect(events, visit, peer -> events.peer = peer);
    events.peer.greet();
    events.peer.heard(Events.DIALECT.decode(request.getParameter("auth")));
    events.peer.heard(Events.DIALECT.decode(request.getParameter("join")));
  }

  /** One stream: a thread of its own writes, one event after the other. */
  private static final class Events implements Pipe {

    static final Dialect DIALECT = new NativeDialect(Language.EN);
    private final AsyncContext context;
    private final ExecutorService writer = Executors.newSingleThreadExecutor();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean reserved = new AtomicBoolean();
    private volatile boolean turnedAway;
    private volatile Peer peer;

    Events(AsyncContext context) {
      this.context = context;
    }

    @Override
    public Transport transport() {
      return Transport.POLLING;
    }

    @Override
    public boolean once() {
      return false;
    }

    @Override
    public boolean reserve() {
      turnedAway = true;
      boolean room = waiting.get() == 0 && reserved.compareAndSet(false, true);
      turnedAway &= !room;
      return room;
    }

    @Override
    public void cancel() {
      reserved.set(false);
      tellOfRoom();
    }

    @Override
    public boolean deliver(Reply.Messages batch) {
      send(batch);
      cancel();
      return !writer.isShutdown();
    }

    @Override
    public void send(Reply reply) {
      String data = "data: " + String.join("\n\ndata: ", DIALECT.encode(reply, false));
      later(() -> write((reply instanceof Reply.Heartbeat ? ":" : data) + "\n\n"));
    }

    @Override
    public void close(CloseReason why) {
      later(() -> gone(false));
    }

    @Override
    public void abort(CloseReason why) {
      close(why);
    }

    private void later(Runnable work) {
      waiting.incrementAndGet();
      try {
        writer.execute(
            () -> {
              work.run();
              waiting.decrementAndGet();
              tellOfRoom();
            });
      } catch (RejectedExecutionException closed) {
        waiting.decrementAndGet();
      }
    }

    private void tellOfRoom() {
      if (turnedAway && waiting.get() == 0 && !reserved.get()) {
        turnedAway = false;
        peer.roomAgain();
      }
    }

    private void write(String text) {
      try {
        context.getResponse().getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        context.getResponse().flushBuffer();
      } catch (IOException | IllegalStateException clientGone) {
        gone(true);
      }
    }

    /** Where a write failed, Tomcat ends the request; its context may be the next one's already. */
    private void gone(boolean brokenOff) {
      peer.gone(brokenOff);
      writer.shutdown();
      if (!brokenOff) {
        context.complete();
      }
    }
  }
}
