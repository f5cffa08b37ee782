package dev.crossfade.rollout.toggle;

import dev.crossfade.rollout.rule.Cohort;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A rule as Togglz keeps it: every field but the flag is a parameter, a text. */
final class RuleParameters {

  private RuleParameters() {}

  static Map<String, String> of(Rule rule) {
    Progress progress = rule.progress();
    Map<String, String> all = new TreeMap<>();
    all.put("percentage", rule.percentage().toPlainString());
    all.put("salt", rule.salt());
    all.put("bucketBy", rule.bucketBy());
    all.put("allowShops", join(rule.allowShops()));
    all.put("allowClients", join(rule.allowClients()));
    all.put("denyShops", join(rule.denyShops()));
    all.put("denyClients", join(rule.denyClients()));
    all.put("cohort", rule.cohort().text());
    all.put("ceiling", BigDecimal.valueOf(rule.ceiling(), 2).toPlainString());
    all.put("watchOnly", Boolean.toString(rule.watchOnly()));
    all.put("plan", progress == null ? "" : progress.plan().text());
    all.put("stage", progress == null ? "" : Integer.toString(progress.stage()));
    all.put("planState", progress == null ? "" : progress.state().name());
    all.put("planSince", progress == null ? "" : progress.since().toString());
    all.put("stepBacks", progress == null ? "" : Integer.toString(progress.stepBacks()));
    all.put("line", Long.toString(rule.line()));
    all.put("killed", Boolean.toString(rule.killed()));
    all.put("revision", Long.toString(rule.revision()));
    all.put("reason", rule.reason());
    all.put("updatedBy", rule.updatedBy());
    all.put("updatedAt", rule.updatedAt().toString());
    return all;
  }

  /**
   * The reverse of {@link #of}; throws IllegalArgumentException for parameters that are not ours.
   */
  static Rule rule(boolean enabled, Map<String, String> p) {
    return new Rule(
        enabled,
        Boolean.parseBoolean(p.get("killed")),
        Rule.basisPoints(new BigDecimal(p.getOrDefault("percentage", "0"))),
        p.getOrDefault("salt", Rule.FIRST_SALT),
        p.getOrDefault("bucketBy", Rule.BY_CLIENT),
        split(p.get("allowShops")),
        split(p.get("allowClients")),
        split(p.get("denyShops")),
        split(p.get("denyClients")),
        Cohort.parse(p.getOrDefault("cohort", "")),
        Rule.basisPoints(new BigDecimal(p.getOrDefault("ceiling", "100"))),
        Boolean.parseBoolean(p.get("watchOnly")),
        progress(p),
        Long.parseLong(p.getOrDefault("line", "1")),
        Long.parseLong(p.getOrDefault("revision", "0")),
        p.getOrDefault("reason", ""),
        p.getOrDefault("updatedBy", ""),
        Instant.parse(p.getOrDefault("updatedAt", "1970-01-01T00:00:00Z")));
  }

  private static Progress progress(Map<String, String> p) {
    String plan = p.getOrDefault("plan", "");
    return plan.isEmpty()
        ? null
        : new Progress(
            Plan.parse(plan),
            Integer.parseInt(p.get("stage")),
            Progress.State.valueOf(p.get("planState")),
            Instant.parse(p.get("planSince")),
            Integer.parseInt(p.get("stepBacks")));
  }

  private static String join(Set<String> ids) {
    return String.join(",", new TreeSet<>(ids));
  }

  private static Set<String> split(String joined) {
    return joined == null || joined.isEmpty()
        ? Set.of()
        : Arrays.stream(joined.split(",")).collect(Collectors.toUnmodifiableSet());
  }
}
