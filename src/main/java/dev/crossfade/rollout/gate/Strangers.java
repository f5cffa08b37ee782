package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Client;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What clients said before they were authenticated: it counts once they are, if that is soon.
 * Invented ids wait here and are forgotten. Bounded, also by network. Not thread-safe.
 */
final class Strangers {

  static final int MAX = 5_000;
  static final int MAX_PER_NETWORK = 50;
  private static final int MAX_REPORTS = 4;

  /** A report; {@code reason} and {@code millis} may be null. */
  record Report(String event, String reason, Long millis) {}

  /** One client and what it said; a property is null where it said nothing of it. */
  static final class Stranger {
    private final String network;
    private final long since;
    private String version;
    private String platform;
    final List<Report> reports = new ArrayList<>(1);

    private Stranger(String network, long since) {
      this.network = network;
      this.since = since;
    }

    /** The same client with what it said of itself before. */
    Client with(Client client) {
      return new Client(
          client.clientId(),
          client.shopId(),
          client.version() == null ? version : client.version(),
          client.platform() == null ? platform : client.platform());
    }
  }

  /** The shop is null where a report did not name it. */
  private record Key(String clientId, String shop) {}

  private final Map<String, Integer> byNetwork = new HashMap<>();
  private final Map<Key, Stranger> waiting =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Stranger> eldest) {
          if (size() > MAX) {
            left(eldest.getValue().network);
            return true;
          }
          return false;
        }
      };

  /** Keeps what a client said of itself, and a report, which may be null. */
  void keep(Client client, Report report, String address, long now) {
    forget(now);
    String network = Panel.network(address);
    Key key = new Key(client.clientId(), client.shopId());
    Stranger stranger = waiting.get(key);
    if (stranger == null) {
      if (network != null && byNetwork.merge(network, 1, Integer::sum) > MAX_PER_NETWORK) {
        left(network);
        return;
      }
      stranger = new Stranger(network, now);
      waiting.put(key, stranger);
    }
    stranger.version = client.version() == null ? stranger.version : client.version();
    stranger.platform = client.platform() == null ? stranger.platform : client.platform();
    if (report != null && stranger.reports.size() < MAX_REPORTS) {
      stranger.reports.add(report);
    }
  }

  /** What this client said while it was unknown; null if nothing. */
  Stranger remove(Client client, long now) {
    forget(now);
    if (waiting.isEmpty()) {
      return null;
    }
    Stranger named = waiting.remove(new Key(client.clientId(), client.shopId()));
    Stranger unnamed = waiting.remove(new Key(client.clientId(), null));
    if (named != null) {
      left(named.network);
    }
    if (unnamed != null) {
      left(unnamed.network);
    }
    if (named != null && unnamed != null) {
      named.reports.addAll(unnamed.reports);
    }
    return named == null ? unnamed : named;
  }

  int clients() {
    return waiting.size();
  }

  /** The oldest come first. */
  private void forget(long now) {
    var oldest = waiting.values().iterator();
    while (oldest.hasNext()) {
      Stranger stranger = oldest.next();
      if (now - stranger.since < Seen.WINDOW.toMillis()) {
        return;
      }
      oldest.remove();
      left(stranger.network);
    }
  }

  private void left(String network) {
    if (network != null) {
      byNetwork.computeIfPresent(network, (n, many) -> many > 1 ? many - 1 : null);
    }
  }
}
