package dev.crossfade.http;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Maps everything that a resource throws to a refusal; stack traces never leave the server. */
public final class ProblemMapper implements ExceptionMapper<Throwable> {

  private static final Logger LOG = LoggerFactory.getLogger(ProblemMapper.class);

  @Context private HttpServletRequest request;

  @Override
  public Response toResponse(Throwable thrown) {
    ChatException refusal = refusal(thrown);
    Call call = Call.of(request);
    Language language = call == null ? Language.ZH : call.language();
    Response answer = Answers.of(Answer.refusal(refusal, language));
    if (thrown instanceof WebApplicationException known) {
      String allow = known.getResponse().getHeaderString("Allow");
      return allow == null ? answer : Response.fromResponse(answer).header("Allow", allow).build();
    }
    return answer;
  }

  /** The refusal for a throwable; logs unexpected ones. */
  public static ChatException refusal(Throwable thrown) {
    Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    if (cause instanceof ChatException refusal) {
      return refusal;
    }
    if (cause instanceof WebApplicationException known) {
      return switch (known.getResponse().getStatus()) {
        case 404 -> new ChatException(Problem.NOT_FOUND);
        case 405 -> new ChatException(Problem.METHOD_NOT_ALLOWED);
        case 413 -> new ChatException(Problem.TOO_LARGE);
        case 406, 415 -> new ChatException(Problem.UNSUPPORTED_MEDIA_TYPE);
        default -> unexpected(cause);
      };
    }
    return unexpected(cause);
  }

  private static ChatException unexpected(Throwable cause) {
    LOG.error("a request failed unexpectedly", cause);
    return new ChatException(Problem.INTERNAL);
  }
}
