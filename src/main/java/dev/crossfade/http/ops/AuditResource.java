package dev.crossfade.http.ops;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.wire.AuditJson;
import dev.crossfade.wire.Query;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** The audit log of the rollout, for admins. */
@Path("/")
public final class AuditResource {

  private static final int MAX_ENTRIES = 100;

  private final Rollout rollout;

  public AuditResource(Rollout rollout) {
    this.rollout = rollout;
  }

  @GET
  @Path("rollout/audit")
  public Response audit(@Context ContainerRequestContext context) {
    Call call = Call.of(context);
    call.admin();
    Query query = call.query();
    Long before = query.number("before");
    Long limit = query.number("limit");
    List<Audited> entries =
        rollout.audit(
            before == null ? Long.MAX_VALUE : before,
            (int) Math.min(limit == null ? MAX_ENTRIES : Math.max(1, limit), MAX_ENTRIES));
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("entries");
          for (Audited entry : entries) {
            AuditJson.write(g, entry);
          }
          g.writeEndArray();
        });
  }

  /** Verifies that the log is unaltered. */
  @GET
  @Path("rollout/audit/verify")
  public Response verify(@Context ContainerRequestContext context) {
    Call.of(context).admin();
    AuditLog.Chain chain = rollout.verifyAudit();
    return Answers.json(
        200,
        g -> {
          g.writeBooleanField("holds", chain.brokenAt() == null);
          g.writeNumberField("entries", chain.entries());
          g.writeStringField("head", chain.head());
          g.writeObjectField("broken_at", chain.brokenAt());
        });
  }
}
