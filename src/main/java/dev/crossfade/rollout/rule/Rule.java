package dev.crossfade.rollout.rule;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.model.ChatException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who gets WebSocket, as ops last said. Immutable.
 *
 * @param basisPoints hundredths of a percent, 0 to 10,000
 * @param bucketBy {@code client} or {@code shop}
 * @param cohort which versions and platforms take part at all
 * @param ceiling basis points that the percentage never exceeds, whoever asks
 * @param watchOnly whether the machine only says what it would do
 * @param progress the plan, and how far it has come; null where there is none
 * @param line the revision in which percentage, salt or {@code bucketBy} changed last
 * @param revision counts every change, from 1
 */
public record Rule(
    boolean enabled,
    boolean killed,
    int basisPoints,
    String salt,
    String bucketBy,
    Set<String> allowShops,
    Set<String> allowClients,
    Set<String> denyShops,
    Set<String> denyClients,
    Cohort cohort,
    int ceiling,
    boolean watchOnly,
    Progress progress,
    long line,
    long revision,
    String reason,
    String updatedBy,
    Instant updatedAt) {

  public static final String FIRST_SALT = "crossfade-1";
  public static final String BY_CLIENT = "client";
  public static final String BY_SHOP = "shop";

  /** Ids in one list. */
  static final int MAX_LISTED = 200;

  static final int MAX_REASON_CHARS = 500;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

  /** A new installation: switched on at 0 %, so that raising the percentage is all it takes. */
  public static Rule first(Instant now) {
    return new Rule(
        true,
        false,
        0,
        FIRST_SALT,
        BY_CLIENT,
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Cohort.ALL,
        Buckets.COUNT,
        false,
        null,
        1,
        1,
        "installation",
        "crossfade",
        now);
  }

  /** The percentage with two digits, such as 25.00. */
  public BigDecimal percentage() {
    return BigDecimal.valueOf(basisPoints, 2);
  }

  /** Reads a percentage of 0 to 100 in steps of 0.01; throws {@code bad_parameter} for others. */
  public static int basisPoints(BigDecimal percentage) {
    try {
      // Refused before it is written out in full: 1e999999999 is a short number.
      if (percentage.precision() - percentage.scale() > 3 || percentage.scale() > 50) {
        throw ChatException.badParameter("percentage");
      }
      int points =
          percentage.movePointRight(2).setScale(0, RoundingMode.UNNECESSARY).intValueExact();
      if (points < 0 || points > Buckets.COUNT) {
        throw ChatException.badParameter("percentage");
      }
      return points;
    } catch (ArithmeticException tooFine) {
      throw ChatException.badParameter("percentage");
    }
  }

  /** Throws {@code bad_parameter} for a move that the plan cannot make. */
  public Rule change(Change change, long newRevision, String actor, Instant now) {
    Progress moved = progress(change, now);
    int wanted = or(change.basisPoints, basisPoints);
    if (change.move == Progress.Move.START) {
      wanted = Math.max(basisPoints, moved.line());
    } else if (change.move != null && raisesOrLowers(change.move)) {
      wanted = moved.line();
    }
    int newCeiling = or(change.ceiling, ceiling);
    int points = Math.min(wanted, newCeiling);
    String newSalt = or(change.salt, salt);
    String by = or(change.bucketBy, bucketBy);
    boolean same = points == basisPoints && newSalt.equals(salt) && by.equals(bucketBy);
    return new Rule(
        or(change.enabled, enabled),
        or(change.killed, killed),
        points,
        newSalt,
        by,
        or(change.allowShops, allowShops),
        or(change.allowClients, allowClients),
        or(change.denyShops, denyShops),
        or(change.denyClients, denyClients),
        or(change.cohort, cohort),
        newCeiling,
        or(change.watchOnly, watchOnly),
        moved,
        same ? line : newRevision,
        newRevision,
        change.reason,
        actor,
        now);
  }

  private Progress progress(Change change, Instant now) {
    if (change.plan != null) {
      return Progress.ready(change.plan, now);
    }
    if (change.move != null) {
      if (progress == null) {
        throw ChatException.missing("plan");
      }
      return progress.after(change.move, basisPoints, now);
    }
    // A person's change always wins: the plan waits until somebody says go on.
    boolean pauses = !change.machine && progress != null && progress.may(Progress.Move.PAUSE);
    return pauses ? progress.after(Progress.Move.PAUSE, basisPoints, now) : progress;
  }

  private static boolean raisesOrLowers(Progress.Move move) {
    return switch (move) {
      case PROMOTE, APPROVE, ADVANCE, STEP_BACK, TO_ZERO -> true;
      case START, ASK, COOLED, PAUSE, RESUME -> false;
    };
  }

  /**
   * The one JSON form of a rule: what {@code GET api/rollout} answers, and what the audit log
   * keeps.
   */
  public String json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("enabled", enabled);
    json.put("percentage", percentage());
    json.put("revision", revision);
    json.put("salt", salt);
    json.put("bucket_by", bucketBy);
    json.set("allow_shops", array(allowShops));
    json.set("allow_clients", array(allowClients));
    json.set("deny_shops", array(denyShops));
    json.set("deny_clients", array(denyClients));
    json.put("cohort", cohort.text());
    json.put("ceiling", BigDecimal.valueOf(ceiling, 2));
    json.put("watch_only", watchOnly);
    if (progress == null) {
      json.putNull("plan");
    } else {
      ObjectNode plan = json.putObject("plan");
      plan.put("text", progress.plan().text());
      plan.put("stage", progress.stage());
      plan.put("state", progress.state().name().toLowerCase(Locale.ROOT));
      plan.put("since", progress.since().toString());
      plan.put("step_backs", progress.stepBacks());
    }
    json.put("killed", killed);
    json.put("updated_by", updatedBy);
    json.put("updated_at", updatedAt.toString());
    json.put("reason", reason);
    return json.toString();
  }

  private static ArrayNode array(Set<String> ids) {
    ArrayNode array = JSON.createArrayNode();
    new TreeSet<>(ids).forEach(array::add);
    return array;
  }

  private static <T> T or(T changed, T before) {
    return changed == null ? before : changed;
  }
}
