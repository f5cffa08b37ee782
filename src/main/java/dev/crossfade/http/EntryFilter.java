package dev.crossfade.http;

import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Language;
import dev.crossfade.model.Network;
import dev.crossfade.model.Problem;
import dev.crossfade.wire.HttpRefusal;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The first filter of every request. It refuses paths that Tomcat would normalize into another,
 * sets security headers, and for the API identifies the caller and checks the origin (CORS). CORS
 * headers are set before anything can be refused, so that pages can read refusals.
 */
public final class EntryFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;

  /** In every response to a poll: the transport that the client should use now. */
  public static final String TRANSPORT_HEADER = "X-Crossfade-Transport";

  private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "DELETE", "OPTIONS");

  /** An encoded character that needs no encoding, or that none of our paths contains. */
  private static final Pattern ENCODED =
      Pattern.compile("%(?:2[def]|3[0-9b]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9ae]|0.|1.)");

  /** How long a browser may cache a preflight; Chromium caps it at two hours. */
  private static final String PREFLIGHT_SECONDS = "7200";

  private static final String PAGE_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self' ws: wss:; font-src 'self'; form-action 'self'; base-uri 'none';"
          + " frame-ancestors 'self'";

  private final transient Authenticator authenticator;
  private final transient RateLimits limits;
  private final transient SlowBodies bodies;
  private final transient UnreadAnswers answers;
  private final Language language;

  /**
   * What stands before every call.
   *
   * @param requests keyed by address
   * @param writes of a user, beside messages, which have limits of their own; keyed by shop and
   *     user
   */
  public record RateLimits(RateLimit requests, RateLimit writes) {}

  /**
   * @param answers the budget for responses that are written without a thread
   */
  public EntryFilter(
      Authenticator authenticator,
      RateLimits limits,
      SlowBodies bodies,
      UnreadAnswers answers,
      Language language) {
    this.bodies = bodies;
    this.answers = answers;
    this.authenticator = authenticator;
    this.limits = limits;
    this.language = language;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    try {
      refuseBentPath(request.getRequestURI());
      response.setHeader("X-Content-Type-Options", "nosniff");
      response.setHeader("Referrer-Policy", "same-origin");
      if (isApi(request)) {
        api(request, response, chain);
      } else {
        response.setHeader("Content-Security-Policy", PAGE_POLICY);
        if (forShops(request.getServletPath())) {
          response.setHeader("Access-Control-Allow-Origin", "*");
        }
        chain.doFilter(request, response);
      }
    } catch (ChatException refusal) {
      HttpRefusal.write(response, refusal, languageOf(request));
    }
  }

  private void api(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    response.setHeader("Cache-Control", "no-store");
    if (request.getDispatcherType() == DispatcherType.REQUEST) {
      response.addHeader("Vary", "Origin");
      limits.requests().take(Network.source(request.getRemoteAddr()));
    }
    String token = authenticator.bearer(request).orElse(null);
    Caller caller = token == null ? null : callerOrNull(token);
    Optional<String> origin = authenticator.origin(request);
    if (origin.isPresent()) {
      allowOrigin(request, response, origin.get(), caller);
    }
    if (!METHODS.contains(request.getMethod())) {
      response.setHeader("Allow", "GET, POST, PUT, DELETE, OPTIONS");
      throw new ChatException(Problem.METHOD_NOT_ALLOWED);
    }
    if (request.getMethod().equals("OPTIONS")) {
      preflight(response);
      return;
    }
    if (bodies.waits(request, languageOf(request))) {
      return;
    }
    if (caller != null && !request.getMethod().equals("GET") && !isMessage(request)) {
      limits.writes().take(caller.key());
    }
    request.setAttribute(
        Call.ATTRIBUTE, new Call(request, response, token, caller, answers, languageOf(request)));
    chain.doFilter(request, response);
  }

  private static boolean isMessage(HttpServletRequest request) {
    return "/messages".equals(request.getPathInfo());
  }

  /** The caller, or null. The resource refuses anonymous calls if it must. */
  private Caller callerOrNull(String token) {
    try {
      return authenticator.verify(token);
    } catch (ChatException notAuthenticated) {
      return null;
    }
  }

  private void allowOrigin(
      HttpServletRequest request, HttpServletResponse response, String origin, Caller caller) {
    if (!authenticator.welcome(origin, Authenticator.self(request), caller)) {
      throw new ChatException(
          Problem.FORBIDDEN,
          "此来源未获授权",
          "此來源未獲授權",
          "Pages of this origin may not use this shop's chat.");
    }
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader(
        "Access-Control-Expose-Headers", TRANSPORT_HEADER + ", Retry-After, ETag, Date");
  }

  private static void preflight(HttpServletResponse response) {
    response.setHeader("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
    response.setHeader(
        "Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match");
    response.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
  }

  /** Tomcat reads {@code /a/..;/b}, {@code //b} and {@code /%62} all as {@code /b}. */
  private static void refuseBentPath(String uri) {
    String path = uri.toLowerCase(Locale.ROOT);
    boolean bent =
        path.contains(";")
            || path.contains("//")
            || path.contains("/./")
            || path.contains("/../")
            || path.endsWith("/..")
            || path.endsWith("/.")
            || path.contains("\\")
            || ENCODED.matcher(path).find();
    if (bent) {
      throw ChatException.badParameter("path");
    }
  }

  private static boolean isApi(HttpServletRequest request) {
    return request.getServletPath().equals("/api");
  }

  /** Whether shop pages of any origin may load this file; modules and translations require CORS. */
  private static boolean forShops(String path) {
    return path.equals("/widget.js")
        || path.equals("/css/widget.css")
        || path.startsWith("/js/chat/")
        || path.startsWith("/js/lib/")
        || path.startsWith("/js/ui/")
        || path.startsWith("/js/widget/")
        || path.matches("/i18n/[^/]*");
  }

  private Language languageOf(HttpServletRequest request) {
    return Language.preferred(request.getHeader("Accept-Language"), language);
  }
}
