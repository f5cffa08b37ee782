package dev.crossfade.http.ops;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of this node, for staff, and its drain before a stop. */
@Path("/node")
public final class NodeResource {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.node");

  /** Reasons are cut to this length in the log. */
  private static final int SHOWN_REASON = 200;

  /** The operations of a node. */
  public interface Node {
    State state();

    /** Starts the drain and returns at once. Idempotent. */
    void start();
  }

  /**
   * @param name {@code running}, {@code draining} or {@code drained}
   * @param since when the node started, or began to drain
   */
  public record State(String name, int sockets, int heldPolls, Instant since) {}

  private final Node node;

  public NodeResource(Node node) {
    this.node = node;
  }

  @GET
  public Response get(@Context ContainerRequestContext context) {
    Call call = Call.of(context);
    call.staff();
    return state(call, 200);
  }

  @POST
  @Path("drain")
  public Response drain(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    String admin = call.admin().userId();
    String reason = call.json(body).requiredText("reason").replaceAll("\\p{Cntrl}", " ");
    LOG.warn(
        "node: drain requested by {}: {}",
        admin,
        reason.substring(0, Math.min(reason.length(), SHOWN_REASON)));
    node.start();
    return state(call, 202);
  }

  private Response state(Call call, int status) {
    State state = node.state();
    Container container = Container.of(call.request().getServletContext().getServerInfo());
    return Answers.json(
        status,
        g -> {
          g.writeStringField("state", state.name());
          g.writeNumberField("sockets", state.sockets());
          g.writeNumberField("held_polls", state.heldPolls());
          g.writeStringField("since", state.since().toString());
          g.writeStringField("container", container.name());
          g.writeBooleanField("container_safe", container.safe());
        });
  }
}
