package dev.crossfade.http.doctor;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answer;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.http.LateAnswer;
import dev.crossfade.http.Routes;
import dev.crossfade.http.poll.Waiting;
import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.rollout.Rollout;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.glassfish.jersey.server.ChunkedOutput;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API of the page {@code doctor/}, without login: how the request arrived here, a held
 * response, and one sent in two parts.
 */
@Path("doctor")
public final class DoctorResource {

  private static final Logger LOG = LoggerFactory.getLogger(DoctorResource.class);

  /** One run of the page makes ten requests. */
  static final int REQUESTS_PER_MINUTE = 300;

  /** Maximum number of held or half-sent responses on this node. */
  static final int MAX_HELD = 200;

  /** Longer headers are cut. */
  static final int MAX_HEADER_CHARS = 200;

  /** Headers added by proxies; absent ones are omitted. */
  private static final List<String> FORWARDED =
      List.of(
          "Forwarded",
          "X-Forwarded-For",
          "X-Forwarded-Proto",
          "X-Forwarded-Host",
          "X-Forwarded-Port",
          "Via");

  private static final Duration BETWEEN_PARTS = Duration.ofSeconds(1);

  private final Rollout rollout;
  private final Handshakes handshakes;
  private final ScheduledExecutorService scheduler;
  private final Executor answers;
  private final RateLimit requests = new RateLimit(REQUESTS_PER_MINUTE);
  private final Set<LateAnswer> held = ConcurrentHashMap.newKeySet();
  private final AtomicInteger parted = new AtomicInteger();
  private volatile boolean stopping;

  /** {@code answers} may be blocked by a slow reader. */
  public DoctorResource(
      Rollout rollout,
      Handshakes handshakes,
      ScheduledExecutorService scheduler,
      Executor answers) {
    this.rollout = rollout;
    this.handshakes = handshakes;
    this.scheduler = scheduler;
    this.answers = answers;
  }

  public void addTo(Routes routes) {
    routes.on("GET", "/doctor/hold", this::hold);
  }

  /** Describes this request, and whether WebSocket is served. */
  @GET
  public Response look(@Context ContainerRequestContext context) {
    Call call = call(context);
    HttpServletRequest request = call.request();
    return Answers.json(
        200,
        g -> {
          g.writeStringField("address", call.address());
          g.writeStringField("self", Authenticator.self(request));
          g.writeStringField("protocol", request.getProtocol());
          g.writeBooleanField("ajp", cameByAjp());
          g.writeStringField("websocket", websocket());
          g.writeObjectFieldStart("forwarded");
          for (String name : FORWARDED) {
            forwarded(g, name, request.getHeader(name));
          }
          g.writeEndObject();
        });
  }

  /** How the handshake with this {@code id} arrived, if it did. */
  @GET
  @Path("handshake")
  public Response handshake(@Context ContainerRequestContext context) {
    String id = call(context).query().identifier("id");
    Handshakes.Seen seen = id == null ? null : handshakes.find(id).orElse(null);
    return Answers.json(
        200,
        g -> {
          g.writeBooleanField("arrived", seen != null);
          if (seen != null) {
            g.writeBooleanField("upgrade", seen.upgrade());
            g.writeStringField("protocol", seen.protocol());
            g.writeNumberField("status", seen.status());
          }
        });
  }

  /**
   * Holds the request for {@code wait} seconds like a poll without news, or until this node stops.
   */
  private void hold(Call call) {
    requests.take(call.source());
    Duration wait = Waiting.asked(call.query());
    requireRoom();
    LateAnswer answer = call.suspend();
    held.add(answer);
    long millis = stopping ? 0 : wait.toMillis();
    scheduler.schedule(() -> release(answer), millis, TimeUnit.MILLISECONDS);
  }

  /** Sends two lines a second apart, each flushed at once. */
  @GET
  @Path("parts")
  public Response parts(@Context ContainerRequestContext context) throws IOException {
    call(context);
    requireRoom();
    ChunkedOutput<String> parts = new ChunkedOutput<>(String.class);
    parted.incrementAndGet();
    scheduler.schedule(
        () -> answers.execute(() -> second(parts)),
        BETWEEN_PARTS.toMillis(),
        TimeUnit.MILLISECONDS);
    parts.write("1\n");
    return Response.ok(parts).type("text/plain;charset=UTF-8").build();
  }

  /** Refuses new requests and answers held ones, because an undeploy waits for them. */
  public void stop() {
    stopping = true;
    List.copyOf(held).forEach(this::release);
  }

  private void release(LateAnswer answer) {
    if (held.remove(answer)) {
      boolean whole = !stopping;
      answer.send(Answer.json(200, g -> g.writeBooleanField("held", whole)));
    }
  }

  private void second(ChunkedOutput<String> parts) {
    parted.decrementAndGet();
    try (parts) {
      parts.write("2\n");
    } catch (IOException gone) {
      LOG.debug("the client left before the second part", gone);
    }
  }

  private void requireRoom() {
    if (stopping || held.size() + parted.get() >= MAX_HELD) {
      throw new ChatException(Problem.UNAVAILABLE).with("retry_after", 30);
    }
  }

  private Call call(ContainerRequestContext context) {
    Call call = Call.of(context);
    requests.take(call.source());
    return call;
  }

  private String websocket() {
    if (rollout.serving()) {
      return "served";
    }
    return rollout.locallyKilled() || rollout.rule().killed() ? "killed" : "disabled";
  }

  /** The request does not say so, but Tomcat names its threads after the connector. */
  private static boolean cameByAjp() {
    return Thread.currentThread().getName().startsWith("ajp-");
  }

  private static void forwarded(JsonGenerator g, String name, String value) throws IOException {
    if (value != null) {
      g.writeStringField(
          name.toLowerCase(Locale.ROOT).replace('-', '_'),
          value.substring(0, Math.min(value.length(), MAX_HEADER_CHARS)));
    }
  }
}
