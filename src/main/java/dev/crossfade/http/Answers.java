package dev.crossfade.http;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.ProblemJson;
import jakarta.ws.rs.core.Response;

/** The common forms of responses. */
public final class Answers {

  private Answers() {}

  public static Response json(int status, String body) {
    return Response.status(status).type(HttpRefusal.JSON).entity(body).build();
  }

  public static Response json(int status, Json.Body body) {
    return json(status, Json.object(body));
  }

  public static Response nothing() {
    return Response.noContent().build();
  }

  public static Response refusal(ChatException refusal, Language language) {
    return Response.status(refusal.problem().status())
        .type(HttpRefusal.JSON)
        .header("Retry-After", HttpRefusal.retryAfter(refusal))
        .entity(ProblemJson.body(refusal, language))
        .build();
  }
}
