package dev.crossfade.http.ops;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.store.ToggleTable.Audited;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.Query;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.List;

/** Who changed what of the rollout, for admins. */
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
            write(g, entry);
          }
          g.writeEndArray();
        });
  }

  /** Whether the log is as it was written. */
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

  private static void write(JsonGenerator g, Audited entry) throws IOException {
    g.writeStartObject();
    g.writeNumberField("seq", entry.seq());
    g.writeStringField("at", Json.time(entry.at()));
    g.writeStringField("actor", entry.actor());
    g.writeStringField("action", entry.action());
    writeState(g, "from", entry.from());
    writeState(g, "to", entry.to());
    g.writeStringField("reason", entry.reason());
    g.writeStringField("refused", entry.refused());
    writeState(g, "evidence", entry.evidence());
    g.writeStringField("prev_hash", entry.prevHash());
    g.writeStringField("hash", entry.hash());
    g.writeEndObject();
  }

  private static void writeState(JsonGenerator g, String name, String json) throws IOException {
    g.writeFieldName(name);
    if (json == null) {
      g.writeNull();
    } else {
      g.writeRawValue(json);
    }
  }
}
