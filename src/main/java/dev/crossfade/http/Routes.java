package dev.crossfade.http;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The paths of the API that are served without Jersey: those that a busy node answers thousands of
 * times a second, where routing and writing by reflection cost more than the answer (profile: 26 %
 * of a short poll), and those that wait. Filled at the start, then safe for many threads.
 */
public final class Routes {

  /**
   * Answers a call, at once or later. What it throws is the refusal; an IOException says that the
   * client is gone.
   */
  public interface Route {
    void serve(Call call) throws IOException;
  }

  private final Map<String, Map<String, Route>> byPath = new HashMap<>();

  /**
   * @param path below the API, exactly; a slash at its end is the same path
   */
  public Routes on(String method, String path, Route route) {
    byPath.computeIfAbsent(path, unknown -> new TreeMap<>()).put(method, route);
    return this;
  }

  /** False if this path is not here. */
  public boolean serve(HttpServletRequest request) throws IOException {
    Map<String, Route> methods = byPath.get(path(request));
    if (methods == null) {
      return false;
    }
    Call call = Call.of(request);
    try {
      Route route = methods.get(request.getMethod());
      if (route == null) {
        call.response().setHeader("Allow", String.join(", ", methods.keySet()) + ", OPTIONS");
        throw new ChatException(Problem.METHOD_NOT_ALLOWED);
      }
      route.serve(call);
    } catch (RuntimeException | Error failure) {
      // An Error too: whoever is suspended would wait for nothing.
      call.answer(Answer.refusal(ProblemMapper.refusal(failure), call.language()));
    } finally {
      call.left();
    }
    return true;
  }

  private static String path(HttpServletRequest request) {
    String path = request.getPathInfo();
    return path != null && path.length() > 1 && path.endsWith("/")
        ? path.substring(0, path.length() - 1)
        : path;
  }
}
