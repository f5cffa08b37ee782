package dev.crossfade.http;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.wire.HttpRefusal;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.ProblemJson;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A response of the API.
 *
 * @param headers besides the type and the length
 * @param body JSON; empty for none
 */
public record Answer(int status, Map<String, String> headers, String body) {

  private static final int NO_CONTENT = 204;

  /**
   * @param body one JSON value
   */
  public static Answer json(int status, String body) {
    return new Answer(status, Map.of(), body);
  }

  public static Answer json(int status, Json.Body body) {
    return json(status, Json.object(body));
  }

  /** Without a body. */
  public static Answer nothing() {
    return json(NO_CONTENT, "");
  }

  public static Answer refusal(ChatException refusal, Language language) {
    return json(refusal.problem().status(), ProblemJson.body(refusal, language))
        .with("Retry-After", HttpRefusal.retryAfter(refusal));
  }

  /** The same with one more header; a value of null adds none. */
  public Answer with(String name, String value) {
    if (value == null) {
      return this;
    }
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Answer(status, more, body);
  }

  byte[] bytes() {
    return body.getBytes(StandardCharsets.UTF_8);
  }

  /** Sets the status and the headers for a body of these bytes. */
  void begin(HttpServletResponse response, byte[] bytes) {
    response.setStatus(status);
    headers.forEach(response::setHeader);
    if (bytes.length > 0) {
      response.setContentType(HttpRefusal.JSON);
      response.setContentLength(bytes.length);
    }
  }

  /** Blocks where the connection has no room for it. */
  void write(HttpServletResponse response) throws IOException {
    byte[] bytes = bytes();
    begin(response, bytes);
    if (bytes.length > 0) {
      response.getOutputStream().write(bytes);
    }
  }
}
