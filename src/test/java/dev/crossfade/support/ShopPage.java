package dev.crossfade.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * A shop's own page, on an origin of its own: with a strict Content-Security-Policy, and a style
 * sheet that spoils whatever it reaches.
 */
public final class ShopPage implements AutoCloseable {

  private static final String NONCE = "c2hvcA";

  private static final String STYLE =
      "* { font-size: 40px !important; color: red !important; position: static !important;"
          + " width: 90% !important; background: lime !important; } p { display: none }";

  private final HttpServer server;

  /** {@code crossfade} is the address that the page loads the widget from. */
  public ShopPage(String crossfade, String shop) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String origin = crossfade.replaceFirst("(https?://[^/]+).*", "$1");
    String policy =
        "default-src 'none'; img-src data:; style-src 'self'; script-src 'nonce-"
            + NONCE
            + "' 'strict-dynamic'; connect-src "
            + origin
            + " "
            + origin.replaceFirst("http", "ws");
    String page =
        "<!doctype html><html lang=zh-CN><title>A shop</title><link rel=icon href='data:,'><link"
            + " rel=stylesheet href=shop.css><script async nonce="
            + NONCE
            + " src='"
            + crossfade
            + "widget.js' data-shop="
            + shop
            + "></script><body><main><h1>A shop</h1><p id=shops-own>A"
            + " paragraph</p></main></body></html>";
    server.createContext(
        "/shop.css", exchange -> answer(exchange, "text/css; charset=utf-8", policy, STYLE));
    server.createContext(
        "/", exchange -> answer(exchange, "text/html; charset=utf-8", policy, page));
    server.start();
  }

  /** Another host name than the chat's, so another origin and another site. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private static void answer(HttpExchange exchange, String type, String policy, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Content-Security-Policy", policy);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
