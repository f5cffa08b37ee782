package dev.crossfade.http.doctor;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * In front of {@code doctor/echo}: what of a handshake arrived here and how it was answered, which
 * a browser does not tell its page. Whoever named the handshake by a random {@code id} may ask.
 */
public final class Handshakes extends HttpFilter {

  private static final long serialVersionUID = 1L;

  /** The oldest is forgotten first; the page asks within seconds. */
  static final int MAX_KEPT = 1_000;

  /**
   * @param upgrade whether it asked for WebSocket when it came here
   * @param protocol such as {@code HTTP/1.1}
   * @param status how it was answered: 101 where it became a socket
   */
  record Seen(boolean upgrade, String protocol, int status) {}

  private final transient Map<String, Seen> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
          return size() > MAX_KEPT;
        }
      };

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    chain.doFilter(request, response);
    String query = request.getQueryString();
    // Random enough that nobody guesses another's.
    if (query != null && query.matches("id=[0-9a-f]{32}")) {
      boolean upgrade = "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
      synchronized (seen) {
        seen.put(
            query.substring("id=".length()),
            new Seen(upgrade, request.getProtocol(), response.getStatus()));
      }
    }
  }

  Optional<Seen> find(String id) {
    synchronized (seen) {
      return Optional.ofNullable(seen.get(id));
    }
  }
}
