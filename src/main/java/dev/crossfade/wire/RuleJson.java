package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Set;
import java.util.TreeSet;

/**
 * The JSON form of a rule and its plan, for {@code GET api/rollout}, the audit log and the webhook.
 */
public final class RuleJson {

  private RuleJson() {}

  public static String text(Rule rule) {
    return Json.object(
        g -> {
          g.writeBooleanField("enabled", rule.enabled());
          g.writeNumberField("percentage", rule.percentage());
          g.writeNumberField("revision", rule.revision());
          g.writeStringField("salt", rule.salt());
          g.writeStringField("bucket_by", rule.bucketBy());
          ids(g, "allow_shops", rule.allowShops());
          ids(g, "allow_clients", rule.allowClients());
          ids(g, "deny_shops", rule.denyShops());
          ids(g, "deny_clients", rule.denyClients());
          g.writeStringField("cohort", rule.cohort().text());
          g.writeNumberField("ceiling", BigDecimal.valueOf(rule.ceiling(), 2));
          g.writeBooleanField("watch_only", rule.watchOnly());
          g.writeFieldName("plan");
          plan(g, rule.progress());
          g.writeBooleanField("killed", rule.killed());
          g.writeStringField("updated_by", rule.updatedBy());
          g.writeStringField("updated_at", Json.time(rule.updatedAt()));
          g.writeStringField("reason", rule.reason());
        });
  }

  private static void plan(JsonGenerator g, Progress progress) throws IOException {
    if (progress == null) {
      g.writeNull();
      return;
    }
    g.writeStartObject();
    g.writeStringField("text", progress.plan().text());
    g.writeNumberField("stage", progress.stage());
    g.writeStringField("state", progress.state().text());
    g.writeStringField("since", Json.time(progress.since()));
    g.writeNumberField("step_backs", progress.stepBacks());
    g.writeEndObject();
  }

  private static void ids(JsonGenerator g, String name, Set<String> ids) throws IOException {
    g.writeArrayFieldStart(name);
    for (String id : new TreeSet<>(ids)) {
      g.writeString(id);
    }
    g.writeEndArray();
  }
}
