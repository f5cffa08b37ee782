package dev.crossfade.http.poll;

import dev.crossfade.http.Answer;
import dev.crossfade.http.Call;
import dev.crossfade.http.Routes;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Text;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Decision;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Query;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which transport a client should use, and what became of it. */
public final class TransportRoutes {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.transport");

  /** How long a choice may be kept without asking again; changes are pushed anyway. */
  private static final long TTL_MS = 60_000;

  private static final int MAX_REASON_CHARS = 64;
  private static final Set<String> EVENTS = Set.of("connected", "proven", "fallback", "recovered");

  private final Rollout rollout;
  private final RateLimit reports;
  private final Meters meters;

  public TransportRoutes(Rollout rollout, RateLimit reports, Meters meters) {
    this.rollout = rollout;
    this.reports = reports;
    this.meters = meters;
  }

  public void addTo(Routes routes) {
    routes
        .on("GET", "/transport", call -> call.answer(choose(call)))
        .on("POST", "/transport/reports", this::report);
  }

  private Answer choose(Call call) {
    Query query = call.query();
    Client client = call.client(query);
    Decision decision = rollout.decide(client);
    Rule rule = decision.rule();
    TransportChoice choice = decision.choice();
    rollout.observations().asked(client, call.address());
    LOG.info(
        "transport: {} for {} ({})",
        choice.transport().text(),
        client.clientId(),
        choice.reason().text());
    HttpServletRequest request = call.request();
    String base = request.getContextPath();
    String scheme = request.isSecure() ? "wss://" : "ws://";
    String host = request.getHeader("Host");
    return Answer.json(
        200,
        g -> {
          g.writeStringField("transport", choice.transport().text());
          g.writeStringField("reason", choice.reason().text());
          if (choice.bucket() >= 0) {
            g.writeNumberField("bucket", choice.bucket());
          } else {
            g.writeNullField("bucket");
          }
          g.writeNumberField("percentage", rule.percentage());
          g.writeNumberField("revision", rule.revision());
          g.writeStringField("ws_url", scheme + host + base + "/ws");
          g.writeStringField("poll_url", base + "/api/messages");
          g.writeNumberField("ttl_ms", TTL_MS);
        });
  }

  private void report(Call call) throws IOException {
    reports.take(call.source());
    Fields fields = call.json();
    String clientId = fields.requiredIdentifier("client_id");
    String event = fields.requiredText("event");
    if (!EVENTS.contains(event)) {
      throw ChatException.badParameter("event");
    }
    String reason = Text.label("reason", fields.text("reason"), MAX_REASON_CHARS);
    Client client = new Client(clientId, fields.identifier("shop_id"));
    Long millis = fields.number("ms");
    rollout.fallbacks().report(clientId, event, reason);
    rollout.observations().reported(client, event, reason, millis, call.address());
    meters.reported(event, reason);
    LOG.info("transport: {} reports {} ({})", clientId, event, reason);
    call.answer(Answer.nothing());
  }
}
