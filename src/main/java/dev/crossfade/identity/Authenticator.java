package dev.crossfade.identity;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Enumeration;
import java.util.Optional;

/**
 * Identifies the caller of a request and the page it came from, for every transport. Does not
 * block. Thread-safe.
 */
public final class Authenticator {

  private static final String BEARER = "Bearer ";

  private final Tokens tokens;
  private final Shops shops;
  private final Revocations revocations;

  public Authenticator(Tokens tokens, Shops shops, Revocations revocations) {
    this.tokens = tokens;
    this.shops = shops;
    this.revocations = revocations;
  }

  /**
   * The token in the Authorization header; throws {@code bad_parameter} if the header is repeated.
   */
  public Optional<String> bearer(HttpServletRequest request) {
    return single(request, "Authorization")
        .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
        .map(value -> value.substring(BEARER.length()).trim());
  }

  /** The caller named by a token; throws {@code not_authenticated}. */
  public Caller verify(String token) {
    Caller caller = tokens.verify(token);
    if (revocations.revoked(caller)) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return caller;
  }

  /** Whether the token of a connected caller has expired or been revoked. */
  public boolean over(Caller caller, Instant now) {
    return caller.expired(now) || revocations.revoked(caller);
  }

  /** The origin of the page that sent the request; empty if it was not a browser. */
  public Optional<String> origin(HttpServletRequest request) {
    return single(request, "Origin");
  }

  /**
   * Whether a page at {@code origin} may act for this caller: for staff, pages of this server; for
   * visitors, the origins registered for the shop.
   *
   * @param caller null if not yet known; then the origin of any shop is accepted
   */
  public boolean welcome(String origin, String self, Caller caller) {
    if (caller != null && caller.role().staff() && origin.equals(self)) {
      return true;
    }
    return shops.allows(caller == null ? null : caller.shopId(), origin, self)
        || caller == null && origin.equals(self);
  }

  /** The origin by which this server was reached, as reported by the proxy. */
  public static String self(HttpServletRequest request) {
    String scheme = request.getScheme();
    scheme = scheme.equals("ws") ? "http" : scheme.equals("wss") ? "https" : scheme;
    int port = request.getServerPort();
    boolean usual = scheme.equals("http") && port == 80 || scheme.equals("https") && port == 443;
    return scheme + "://" + request.getServerName() + (usual ? "" : ":" + port);
  }

  private static Optional<String> single(HttpServletRequest request, String header) {
    Enumeration<String> values = request.getHeaders(header);
    if (!values.hasMoreElements()) {
      return Optional.empty();
    }
    String value = values.nextElement();
    if (values.hasMoreElements()) {
      throw new ChatException(Problem.BAD_PARAMETER, "重复的请求头", "重複的請求標頭", "A header is repeated.");
    }
    return Optional.of(value);
  }
}
