package dev.crossfade.app;

import dev.crossfade.rollout.gate.Autopilot;
import dev.crossfade.wire.FindingsJson;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.RuleJson;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends each verdict to an external system as a signed POST, retried with backoff until it is
 * answered with 2xx or has run out of tries.
 */
final class Webhook {

  /** {@code sha256=} followed by the HMAC-SHA256 of the body in hexadecimal. */
  static final String SIGNATURE = "X-Crossfade-Signature";

  /** The same for all tries of a notice, so that the receiver can drop duplicates. */
  static final String DELIVERY = "X-Crossfade-Delivery";

  static final int TRIES = 6;
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** Maximum number of notices in flight; further ones are dropped and logged. */
  static final int MAX_WAITING = 100;

  private static final int TIMEOUT_MILLIS = 5_000;

  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

  private final URI url;
  private final byte[] secret;
  private final Executor workers;
  private final ScheduledExecutorService scheduler;
  private final AtomicInteger waiting = new AtomicInteger();

  Webhook(String url, String secret, Executor workers, ScheduledExecutorService scheduler) {
    this.url = URI.create(url);
    this.secret = secret.getBytes(StandardCharsets.UTF_8);
    this.workers = workers;
    this.scheduler = scheduler;
  }

  /** Sends a notice. Does not block. */
  void tell(Autopilot.Notice notice) {
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      LOG.warn("webhook: too many notices in flight; {} is dropped", notice.verdict().kind());
      return;
    }
    later(body(notice), UUID.randomUUID().toString(), 1);
  }

  private static byte[] body(Autopilot.Notice notice) {
    return Json.object(
            g -> {
              g.writeStringField("at", Json.time(notice.at()));
              g.writeStringField(
                  "verdict", notice.verdict().kind().name().toLowerCase(Locale.ROOT));
              g.writeBooleanField("acted", notice.acted());
              g.writeStringField("sentence", notice.verdict().why().en());
              g.writeStringField("sentence_zh", notice.verdict().why().zh());
              g.writeStringField("sentence_zh_tw", notice.verdict().why().zhTw());
              g.writeFieldName("rollout");
              g.writeRawValue(RuleJson.text(notice.rule()));
              g.writeFieldName("signals");
              g.writeRawValue(FindingsJson.text(notice.verdict()));
            })
        .getBytes(StandardCharsets.UTF_8);
  }

  private void later(byte[] body, String delivery, int tries) {
    try {
      workers.execute(() -> attempt(body, delivery, tries));
    } catch (RejectedExecutionException stopping) {
      waiting.decrementAndGet();
    }
  }

  private void attempt(byte[] body, String delivery, int tries) {
    String failure = post(body, delivery);
    if (failure == null) {
      waiting.decrementAndGet();
    } else if (tries >= TRIES) {
      waiting.decrementAndGet();
      LOG.warn("webhook: gave up after {} tries: {}", tries, failure);
    } else {
      long pause = FIRST_PAUSE.toMillis() << 2 * (tries - 1);
      try {
        scheduler.schedule(() -> later(body, delivery, tries + 1), pause, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException stopping) {
        waiting.decrementAndGet();
      }
    }
  }

  /** Posts the body once; returns the failure, or null on success. */
  private String post(byte[] body, String delivery) {
    try {
      // Not java.net.http: its thread outlives an undeployed application on Java 17.
      HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
      try {
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty(DELIVERY, delivery);
        connection.setRequestProperty(SIGNATURE, "sha256=" + signature(body));
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body);
        }
        int status = connection.getResponseCode();
        return status >= 200 && status < 300 ? null : "status " + status;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return e.toString();
    }
  }

  private String signature(byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
