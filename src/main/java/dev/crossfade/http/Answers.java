package dev.crossfade.http;

import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.core.Response;

/** The common forms of responses, for resources. */
public final class Answers {

  private Answers() {}

  public static Response json(int status, String body) {
    return of(Answer.json(status, body));
  }

  public static Response json(int status, Json.Body body) {
    return of(Answer.json(status, body));
  }

  public static Response nothing() {
    return of(Answer.nothing());
  }

  static Response of(Answer answer) {
    Response.ResponseBuilder response = Response.status(answer.status());
    answer.headers().forEach(response::header);
    if (!answer.body().isEmpty()) {
      response.type(HttpRefusal.JSON).entity(answer.body());
    }
    return response.build();
  }
}
