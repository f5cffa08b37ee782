package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.store.ToggleTable.Audited;
import java.io.IOException;

/** An entry of the audit log. States and evidence appear exactly as written and hashed. */
public final class AuditJson {

  private AuditJson() {}

  public static void write(JsonGenerator g, Audited entry) throws IOException {
    g.writeStartObject();
    g.writeNumberField("seq", entry.seq());
    g.writeStringField("at", Json.time(entry.at()));
    g.writeStringField("actor", entry.actor());
    g.writeStringField("action", entry.action());
    raw(g, "from", entry.from());
    raw(g, "to", entry.to());
    g.writeStringField("reason", entry.reason());
    g.writeStringField("refused", entry.refused());
    raw(g, "evidence", entry.evidence());
    g.writeStringField("prev_hash", entry.prevHash());
    g.writeStringField("hash", entry.hash());
    g.writeEndObject();
  }

  private static void raw(JsonGenerator g, String name, String json) throws IOException {
    g.writeFieldName(name);
    if (json == null) {
      g.writeNull();
    } else {
      g.writeRawValue(json);
    }
  }
}
