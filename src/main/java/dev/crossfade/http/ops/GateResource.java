package dev.crossfade.http.ops;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.rollout.gate.Evidence;
import dev.crossfade.rollout.gate.NodeFigures;
import dev.crossfade.rollout.gate.NodeReport;
import dev.crossfade.rollout.gate.Verdict;
import dev.crossfade.wire.FindingsJson;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** The gate's verdict, for admins. */
@Path("/")
public final class GateResource {

  private final Rollout rollout;
  private static final int WORST_SHOPS = 5;

  private final Autopilot autopilot;

  public GateResource(Rollout rollout, Autopilot autopilot) {
    this.rollout = rollout;
    this.autopilot = autopilot;
  }

  /** The current verdict, its evidence, and the resource usage of the nodes. */
  @GET
  @Path("rollout/gate")
  public Response gate(@Context ContainerRequestContext context) {
    Call call = Call.of(context);
    call.admin();
    Verdict verdict = autopilot.verdict();
    List<NodeReport> nodes = autopilot.nodes();
    return Answers.json(
        200,
        g -> {
          g.writeStringField("verdict", verdict.kind().name().toLowerCase(Locale.ROOT));
          g.writeStringField("sentence", verdict.why().in(call.language()));
          g.writeBooleanField("watch_only", rollout.rule().watchOnly());
          g.writeBooleanField("locally_killed", rollout.locallyKilled());
          g.writeFieldName("signals");
          g.writeRawValue(FindingsJson.text(verdict));
          g.writeArrayFieldStart("worst_shops");
          for (Evidence.ShopFailures shop : autopilot.worstShops(WORST_SHOPS)) {
            g.writeStartObject();
            g.writeStringField("shop", shop.shop());
            g.writeNumberField("failed", shop.failed());
            g.writeNumberField("of", shop.of());
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeArrayFieldStart("nodes");
          for (NodeReport node : nodes) {
            write(g, node);
          }
          g.writeEndArray();
        });
  }

  private static void write(JsonGenerator g, NodeReport node) throws IOException {
    NodeFigures f = node.figures();
    g.writeStartObject();
    g.writeStringField("node", node.node());
    g.writeStringField("at", Json.time(Instant.ofEpochMilli(node.at())));
    g.writeNumberField("sockets", f.sockets());
    g.writeNumberField("leaving", f.leaving());
    g.writeNumberField("polls", f.polls());
    g.writeNumberField("heap", f.heap());
    g.writeNumberField("files", f.files());
    g.writeNumberField("threads", f.threads());
    g.writeEndObject();
  }
}
