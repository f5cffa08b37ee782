package dev.crossfade.rollout.toggle;

import dev.crossfade.model.ChatException;
import dev.crossfade.rollout.rule.Cohort;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.togglz.core.activation.Parameter;
import org.togglz.core.activation.ParameterBuilder;

/**
 * A rule as Togglz stores it: every field except the flag is a text parameter, named as in {@code
 * GET api/rollout}. All are declared, because Togglz drops undeclared ones when a state is written.
 */
final class RuleParameters {

  static final String PERCENTAGE = "percentage";
  static final String SALT = "salt";
  static final String BUCKET_BY = "bucket_by";
  static final String ALLOW_SHOPS = "allow_shops";
  static final String ALLOW_CLIENTS = "allow_clients";
  static final String DENY_SHOPS = "deny_shops";
  static final String DENY_CLIENTS = "deny_clients";
  static final String COHORT = "cohort";
  static final String CEILING = "ceiling";
  static final String PLAN = "plan";
  static final String REASON = "reason";
  static final String REVISION = "revision";
  static final String KILLED = "killed";
  static final String WATCH_ONLY = "watch_only";
  static final String PLAN_STAGE = "plan_stage";
  static final String PLAN_STATE = "plan_state";
  static final String PLAN_SINCE = "plan_since";
  static final String STEP_BACKS = "step_backs";
  static final String ASSIGNMENT = "assignment";
  static final String UPDATED_BY = "updated_by";
  static final String UPDATED_AT = "updated_at";

  /** Derived parameters, which Togglz shows but cannot write. */
  static final Set<String> READ_ONLY =
      Set.of(
          KILLED,
          WATCH_ONLY,
          PLAN_STAGE,
          PLAN_STATE,
          PLAN_SINCE,
          STEP_BACKS,
          ASSIGNMENT,
          UPDATED_BY,
          UPDATED_AT);

  private static final List<Parameter> DECLARED =
      List.of(
          parameter(PERCENTAGE, "Percentage", "0 to 100 in steps of 0.01"),
          parameter(SALT, "Salt", "Another salt puts every client into another bucket"),
          parameter(BUCKET_BY, "Bucket by", "client or shop"),
          parameter(ALLOW_SHOPS, "Allowed shops", "Always WebSocket; ids with commas"),
          parameter(ALLOW_CLIENTS, "Allowed clients", "Always WebSocket; ids with commas"),
          parameter(DENY_SHOPS, "Denied shops", "Never WebSocket; stronger than allowed"),
          parameter(DENY_CLIENTS, "Denied clients", "Never WebSocket; stronger than allowed"),
          parameter(COHORT, "Cohort", "Such as version>=4.2;platform=web; empty is everyone"),
          parameter(CEILING, "Ceiling", "The percentage never exceeds it"),
          parameter(PLAN, "Plan", "name;percentage/minutes/clients[/approve];..., or a preset"),
          parameter(REASON, "Reason", "Why it was changed last; write yours with a change"),
          parameter(REVISION, "Revision", "Counts every change; an outdated one is refused"),
          parameter(KILLED, "Killed", "Read only: switch the feature KILL"),
          parameter(WATCH_ONLY, "Watch only", "Read only: switch the feature GATE_WATCH_ONLY"),
          parameter(PLAN_STAGE, "Stage", "Read only: the stage in force, -1 before the first"),
          parameter(PLAN_STATE, "State of the plan", "Read only: such as running"),
          parameter(PLAN_SINCE, "Since", "Read only: when stage or state changed last"),
          parameter(STEP_BACKS, "Step backs", "Read only: how often the gate stepped back"),
          parameter(ASSIGNMENT, "Assignment", "Read only: the revision that drew the buckets"),
          parameter(UPDATED_BY, "Changed by", "Read only: who changed it last"),
          parameter(UPDATED_AT, "Changed at", "Read only: when it was changed last"));

  private RuleParameters() {}

  /** The declarations for Togglz: every parameter with its label and description. */
  static List<Parameter> declared() {
    return DECLARED;
  }

  /** The value of every declared parameter; those of a plan are empty if there is none. */
  static Map<String, String> of(Rule rule) {
    Map<String, String> all = new TreeMap<>();
    all.put(PERCENTAGE, rule.percentage().toPlainString());
    all.put(SALT, rule.salt());
    all.put(BUCKET_BY, rule.bucketBy());
    all.put(ALLOW_SHOPS, join(rule.allowShops()));
    all.put(ALLOW_CLIENTS, join(rule.allowClients()));
    all.put(DENY_SHOPS, join(rule.denyShops()));
    all.put(DENY_CLIENTS, join(rule.denyClients()));
    all.put(COHORT, rule.cohort().text());
    all.put(CEILING, BigDecimal.valueOf(rule.ceiling(), 2).toPlainString());
    all.put(WATCH_ONLY, Boolean.toString(rule.watchOnly()));
    Progress progress = rule.progress();
    all.put(PLAN, progress == null ? "" : progress.plan().text());
    all.put(PLAN_STAGE, progress == null ? "" : Integer.toString(progress.stage()));
    all.put(PLAN_STATE, progress == null ? "" : progress.state().text());
    all.put(PLAN_SINCE, progress == null ? "" : progress.since().toString());
    all.put(STEP_BACKS, progress == null ? "" : Integer.toString(progress.stepBacks()));
    all.put(ASSIGNMENT, Long.toString(rule.assignment()));
    all.put(KILLED, Boolean.toString(rule.killed()));
    all.put(REVISION, Long.toString(rule.revision()));
    all.put(REASON, rule.reason());
    all.put(UPDATED_BY, rule.updatedBy());
    all.put(UPDATED_AT, rule.updatedAt().toString());
    return all;
  }

  /**
   * The reverse of {@link #of}; absent parameters take their defaults. Throws
   * IllegalArgumentException or {@code bad_parameter} for malformed values.
   */
  static Rule rule(boolean enabled, Map<String, String> p) {
    return new Rule(
        enabled,
        Boolean.parseBoolean(p.get(KILLED)),
        basisPoints(PERCENTAGE, p.getOrDefault(PERCENTAGE, "0")),
        p.getOrDefault(SALT, Rule.FIRST_SALT),
        p.getOrDefault(BUCKET_BY, Rule.BY_CLIENT),
        split(p.get(ALLOW_SHOPS)),
        split(p.get(ALLOW_CLIENTS)),
        split(p.get(DENY_SHOPS)),
        split(p.get(DENY_CLIENTS)),
        Cohort.parse(p.getOrDefault(COHORT, "")),
        basisPoints(CEILING, p.getOrDefault(CEILING, "100")),
        Boolean.parseBoolean(p.get(WATCH_ONLY)),
        progress(p),
        Long.parseLong(p.getOrDefault(ASSIGNMENT, "1")),
        Long.parseLong(p.getOrDefault(REVISION, "0")),
        p.getOrDefault(REASON, ""),
        p.getOrDefault(UPDATED_BY, ""),
        Instant.parse(p.getOrDefault(UPDATED_AT, "1970-01-01T00:00:00Z")));
  }

  /** Parses a percentage into basis points; throws {@code bad_parameter}. */
  static int basisPoints(String name, String percentage) {
    try {
      return Rule.basisPoints(new BigDecimal(percentage));
    } catch (NumberFormatException notANumber) {
      throw ChatException.badParameter(name);
    }
  }

  /** Parses a comma-separated list of ids. */
  static Set<String> split(String joined) {
    return joined == null || joined.isBlank()
        ? Set.of()
        : Arrays.stream(joined.split(","))
            .map(String::strip)
            .collect(Collectors.toUnmodifiableSet());
  }

  private static Progress progress(Map<String, String> p) {
    String plan = p.getOrDefault(PLAN, "");
    return plan.isEmpty()
        ? null
        : new Progress(
            Plan.parse(plan),
            Integer.parseInt(p.getOrDefault(PLAN_STAGE, "-1")),
            Progress.State.of(p.getOrDefault(PLAN_STATE, Progress.State.READY.text())),
            Instant.parse(p.getOrDefault(PLAN_SINCE, "1970-01-01T00:00:00Z")),
            Integer.parseInt(p.getOrDefault(STEP_BACKS, "0")));
  }

  private static String join(Set<String> ids) {
    return String.join(",", new TreeSet<>(ids));
  }

  private static Parameter parameter(String name, String label, String description) {
    return ParameterBuilder.create(name).label(label).description(description).optional();
  }
}
