package dev.crossfade.http;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Network;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.Query;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** One request that {@link EntryFilter} accepted: the caller, the address, the language. */
public final class Call {

  static final String ATTRIBUTE = "crossfade.call";

  /** Set on a request that found nothing new; the access log in tomcat-conf omits it. */
  public static final String QUIET = "crossfade.quiet";

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final String token;
  private final Caller caller;
  private final UnreadAnswers answers;
  private final Language language;
  private Query query;
  private LateAnswer late;

  /**
   * @param token null if there was none
   * @param caller null without a valid token
   * @param answers the budget for a response that is written without a thread
   */
  Call(
      HttpServletRequest request,
      HttpServletResponse response,
      String token,
      Caller caller,
      UnreadAnswers answers,
      Language language) {
    this.answers = answers;
    this.request = request;
    this.response = response;
    this.token = token;
    this.caller = caller;
    this.language = language;
  }

  public static Call of(ContainerRequestContext context) {
    return (Call) context.getProperty(ATTRIBUTE);
  }

  /** The call of a request that {@link EntryFilter} let through. */
  static Call of(HttpServletRequest request) {
    return (Call) request.getAttribute(ATTRIBUTE);
  }

  public HttpServletRequest request() {
    return request;
  }

  HttpServletResponse response() {
    return response;
  }

  /** The answer will be sent later, or by another thread. On the request's thread, once. */
  public LateAnswer suspend() {
    late = new LateAnswer(this);
    return late;
  }

  /**
   * Answers at once, on the request's thread, unless it was suspended. For what is always short:
   * this blocks while the client has not read the answers before it on this connection.
   */
  public void answer(Answer answer) throws IOException {
    if (late == null) {
      answer.write(response);
    } else {
      late.send(answer);
    }
  }

  /** The request's thread leaves. */
  void left() {
    if (late != null) {
      late.left();
    }
  }

  public Language language() {
    return language;
  }

  public String address() {
    return request.getRemoteAddr();
  }

  /** Whom limits by address count as one; see {@link Network#source}. */
  public String source() {
    return Network.source(address());
  }

  /** The caller, or null. */
  public Caller callerOrNull() {
    return caller;
  }

  /** The caller; throws {@code not_authenticated} if there is none. */
  public Caller caller() {
    if (caller == null) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return caller;
  }

  /**
   * Throws {@code rate_limited} while this client has too much left to read, and {@code
   * unavailable} while all clients have.
   */
  public void requireAnswerRoom() {
    answers.require(caller(), address());
  }

  UnreadAnswers answers() {
    return answers;
  }

  public String token() {
    caller();
    return token;
  }

  public Caller staff() {
    if (!caller().role().staff()) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    return caller;
  }

  /** Who administers the shop of the caller. */
  public Caller manager() {
    Role role = caller().role();
    if (role != Role.MANAGER && role != Role.ADMIN) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    return caller;
  }

  /** Who operates the installation, with all its shops. */
  public Caller admin() {
    if (caller().role() != Role.ADMIN) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    return caller;
  }

  /**
   * The client for which a transport is chosen. Its id defaults to the user; its shop is taken from
   * the query if there is no caller.
   */
  public Client client(Query query) {
    String id = query.identifier("client_id");
    return new Client(
        id == null && caller != null ? caller.userId() : id,
        caller == null ? query.identifier("shop_id") : caller.shopId(),
        query.identifier("version"),
        query.identifier("platform"));
  }

  /** Throws {@code bad_parameter}. */
  public Query query() {
    if (query == null) {
      query = Query.of(request.getQueryString());
    }
    return query;
  }

  /** The same for the body of this request. */
  public Fields json() throws IOException {
    return json(request.getInputStream());
  }

  /**
   * Reads the body as one JSON object; throws a refusal if it is malformed. Does not block: a
   * request is served only when its body is here.
   */
  public Fields json(InputStream body) {
    requireJson();
    try {
      byte[] before = SlowBodies.read(request);
      byte[] bytes = before == null ? body.readNBytes(Json.MAX_CHARS + 1) : before;
      if (bytes.length > Json.MAX_CHARS) {
        throw new ChatException(Problem.TOO_LARGE);
      }
      return Json.parse(Json.utf8(bytes));
    } catch (IOException clientGone) {
      throw new ChatException(Problem.BAD_JSON);
    }
  }

  /** The id in a path; throws {@code not_found} if it is not a number. */
  public static long id(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException none) {
      throw new ChatException(Problem.NOT_FOUND);
    }
  }

  public void quiet() {
    request.setAttribute(QUIET, Boolean.TRUE);
  }

  private void requireJson() {
    String type = request.getContentType();
    String plain = type == null ? "" : type.toLowerCase(Locale.ROOT).replace(" ", "");
    boolean json =
        plain.equals("application/json")
            || plain.equals("application/json;charset=utf-8")
            || plain.equals("application/json;charset=\"utf-8\"");
    String encoding = request.getHeader("Content-Encoding");
    if (!json || encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new ChatException(Problem.UNSUPPORTED_MEDIA_TYPE);
    }
  }
}
