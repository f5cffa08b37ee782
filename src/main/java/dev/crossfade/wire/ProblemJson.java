package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import java.io.IOException;
import java.util.Map;

/** A refusal as JSON: the body of an HTTP response, or an {@code error} frame. */
public final class ProblemJson {

  private ProblemJson() {}

  public static String body(ChatException refusal, Language language) {
    return Json.object(g -> fields(g, refusal, language));
  }

  /** {@code ref} may be null. */
  public static String frame(ChatException refusal, Language language, String ref) {
    return Json.object(
        g -> {
          g.writeStringField("type", "error");
          fields(g, refusal, language);
          if (ref != null) {
            g.writeStringField("ref", ref);
          }
        });
  }

  private static void fields(JsonGenerator g, ChatException refusal, Language language)
      throws IOException {
    g.writeStringField("code", refusal.problem().code());
    g.writeStringField("error", refusal.sentence().in(language));
    g.writeBooleanField("retryable", refusal.problem().retryable());
    for (Map.Entry<String, Object> field : refusal.fields().entrySet()) {
      g.writeObjectField(field.getKey(), field.getValue());
    }
  }
}
