package dev.crossfade.wire;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes a refusal as an HTTP response, before any resource is reached. */
public final class HttpRefusal {

  public static final String JSON = "application/json;charset=UTF-8";

  /** Default for a refusal that may be retried and does not say when. */
  private static final long RETRY_AFTER_SECONDS = 2;

  private HttpRefusal() {}

  /** The value of Retry-After; null if the refusal is final. */
  public static String retryAfter(ChatException refusal) {
    if (!refusal.problem().retryable()) {
      return null;
    }
    return refusal.fields().getOrDefault("retry_after", RETRY_AFTER_SECONDS).toString();
  }

  public static void write(HttpServletResponse response, ChatException refusal, Language language)
      throws IOException {
    response.setStatus(refusal.problem().status());
    response.setHeader("Cache-Control", "no-store");
    response.setContentType(JSON);
    String retryAfter = retryAfter(refusal);
    if (retryAfter != null) {
      response.setHeader("Retry-After", retryAfter);
    }
    byte[] body = ProblemJson.body(refusal, language).getBytes(StandardCharsets.UTF_8);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
