package dev.crossfade.http.ops;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.metrics.History;
import dev.crossfade.metrics.History.Sample;
import dev.crossfade.metrics.Meters.Delays;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/** Recent metrics of this node, for admins. */
@Path("/")
public final class HistoryResource {

  private final History history;

  public HistoryResource(History history) {
    this.history = history;
  }

  /** The samples after {@code after} (milliseconds since 1970), or all of them. */
  @GET
  @Path("rollout/history")
  public Response history(@Context ContainerRequestContext context) {
    Call call = Call.of(context);
    call.admin();
    Long after = call.query().number("after");
    Instant from = Instant.ofEpochMilli(after == null ? 0 : after);
    return Answers.json(
        200,
        g -> {
          g.writeNumberField("every_ms", History.EVERY.toMillis());
          g.writeArrayFieldStart("samples");
          for (Sample sample : history.after(from)) {
            write(g, sample);
          }
          g.writeEndArray();
        });
  }

  private static void write(JsonGenerator g, Sample sample) throws IOException {
    g.writeStartObject();
    g.writeStringField("at", Json.time(sample.at()));
    g.writeNumberField("sockets", sample.sockets());
    g.writeNumberField("polls", sample.polls());
    write(g, "websocket", sample.websocket());
    write(g, "polling", sample.polling());
    g.writeObjectFieldStart("fallbacks");
    for (Map.Entry<String, Long> reason : sample.fallbacks().entrySet()) {
      g.writeNumberField(reason.getKey(), reason.getValue());
    }
    g.writeEndObject();
    g.writeEndObject();
  }

  /** Percentiles are null if nothing was delivered. */
  private static void write(JsonGenerator g, String transport, Delays delays) throws IOException {
    g.writeObjectFieldStart(transport);
    g.writeObjectField("p50_ms", delays.p50Millis());
    g.writeObjectField("p99_ms", delays.p99Millis());
    g.writeEndObject();
  }
}
