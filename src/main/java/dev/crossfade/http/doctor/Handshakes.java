package dev.crossfade.http.doctor;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * In front of {@code doctor/echo}: what of a handshake arrived here and how it was answered, which
 * a browser does not tell its page. Whoever named the handshake by a random {@code id} may ask.
 */
public final class Handshakes extends HttpFilter {

  private static final long serialVersionUID = 1L;

  /** The page asks within seconds. */
  static final Duration KEPT = Duration.ofMinutes(1);

  /**
   * Ten thousand in a minute are more than visitors make; where there are more, new ones are the
   * first to be forgotten, and the page is told that they did not arrive.
   */
  static final int MAX_KEPT = 10_000;

  /**
   * @param upgrade whether it asked for WebSocket when it came here
   * @param protocol such as {@code HTTP/1.1}
   * @param status how it was answered: 101 where it became a socket
   */
  record Seen(boolean upgrade, String protocol, int status) {}

  private final transient Cache<String, Seen> seen =
      Caffeine.newBuilder()
          .maximumSize(MAX_KEPT)
          .expireAfterWrite(KEPT)
          .executor(Runnable::run)
          .build();

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    chain.doFilter(request, response);
    String query = request.getQueryString();
    // Random enough that nobody guesses another's.
    if (query != null && query.matches("id=[0-9a-f]{32}")) {
      boolean upgrade = "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
      seen.put(
          query.substring("id=".length()),
          new Seen(upgrade, request.getProtocol(), response.getStatus()));
    }
  }

  Optional<Seen> find(String id) {
    return Optional.ofNullable(seen.getIfPresent(id));
  }
}
