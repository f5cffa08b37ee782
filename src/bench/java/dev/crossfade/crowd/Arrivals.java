package dev.crossfade.crowd;

import dev.crossfade.support.Api;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An agent on a socket, which says of each message of a conversation when it came. */
final class Arrivals implements WebSocket.Listener {

  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

  private final Map<Long, CompletableFuture<Void>> bySeq = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> joined = new CompletableFuture<>();
  private final StringBuilder part = new StringBuilder();

  private Arrivals() {}

  /** Blocks until it has joined. */
  static Arrivals open(Api api, long conversation) {
    Arrivals arrivals = new Arrivals();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .header("Authorization", "Bearer " + api.agent().token())
            .buildAsync(URI.create(api.url().replaceFirst("http", "ws") + "ws"), arrivals)
            .join();
    socket.sendText(
        "{\"type\":\"join_session\",\"after\":0,\"session_id\":" + conversation + "}", true);
    arrivals.joined.join();
    return arrivals;
  }

  CompletableFuture<Void> of(long seq) {
    return bySeq.computeIfAbsent(seq, s -> new CompletableFuture<>());
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      Matcher seq = SEQ.matcher(part);
      if (part.indexOf("\"type\":\"joined_session\"") >= 0) {
        joined.complete(null);
      } else if (part.indexOf("\"type\":\"new_message\"") >= 0 && seq.find()) {
        of(Long.parseLong(seq.group(1))).complete(null);
      }
      part.setLength(0);
    }
    from.request(1);
    return null;
  }
}
