package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.rollout.gate.Verdict;
import dev.crossfade.rollout.gate.Verdict.Finding;
import java.io.IOException;
import java.util.Locale;

/** The findings of a verdict as a JSON array, for the audit log, the API and the webhook. */
public final class FindingsJson {

  private FindingsJson() {}

  public static String text(Verdict verdict) {
    return Json.array(
        g -> {
          for (Finding finding : verdict.findings()) {
            write(g, finding);
          }
        });
  }

  private static void write(JsonGenerator g, Finding f) throws IOException {
    g.writeStartObject();
    g.writeStringField("signal", f.signal().text());
    g.writeBooleanField("hard", f.signal().hard());
    g.writeStringField("outcome", f.outcome().name().toLowerCase(Locale.ROOT));
    g.writeNumberField("bad", f.bad());
    g.writeNumberField("n", f.n());
    g.writeNumberField("control_bad", f.controlBad());
    g.writeNumberField("control_n", f.controlN());
    g.writeNumberField("tolerated", f.signal().tolerated());
    g.writeNumberField("intolerable", f.signal().intolerable());
    g.writeNumberField("llr", f.llr());
    g.writeNumberField("good_below", f.lower());
    g.writeNumberField("bad_above", f.upper());
    g.writeNumberField("wilson_low", f.low());
    g.writeNumberField("wilson_high", f.high());
    g.writeNumberField("missing", f.missing());
    g.writeEndObject();
  }
}
