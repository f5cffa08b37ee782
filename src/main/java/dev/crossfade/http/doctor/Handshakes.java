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
 * A filter of {@code doctor/echo} that records how a handshake arrived and was answered, which a
 * browser does not tell its page. A page looks up its handshake by a random {@code id}.
 */
public final class Handshakes extends HttpFilter {

  private static final long serialVersionUID = 1L;

  /** How long a handshake is kept; the page asks within seconds. */
  static final Duration KEPT = Duration.ofMinutes(1);

  /**
   * More than visitors make in a minute. Above this, new handshakes are evicted first and reported
   * to the page as not arrived.
   */
  static final int MAX_KEPT = 10_000;

  /**
   * @param upgrade whether it still asked for WebSocket on arrival
   * @param protocol such as {@code HTTP/1.1}
   * @param status the status of the response; 101 if it became a socket
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
    // Random enough not to be guessed.
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
