package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Set;

/**
 * The rule that decides which clients use WebSocket, as last set. Immutable.
 *
 * @param basisPoints hundredths of a percent, 0 to 10,000
 * @param bucketBy {@code client} or {@code shop}
 * @param cohort the versions and platforms that take part
 * @param ceiling upper bound of the percentage in basis points, for people and the gate
 * @param watchOnly whether the gate only says what it would do
 * @param progress the plan and its progress; null if there is none
 * @param assignment the revision that last assigned clients to buckets and arms, by changing
 *     percentage, salt or {@code bucketBy}
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
    long assignment,
    long revision,
    String reason,
    String updatedBy,
    Instant updatedAt) {

  public static final String FIRST_SALT = "crossfade-1";
  public static final String BY_CLIENT = "client";
  public static final String BY_SHOP = "shop";

  /** Maximum number of ids in a list. */
  public static final int MAX_LISTED = 200;

  static final int MAX_REASON_CHARS = 500;

  /**
   * The rule of a new installation: enabled at 0 %, so that only the percentage has to be raised.
   */
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

  /**
   * Converts a percentage of 0 to 100 in steps of 0.01; throws {@code bad_parameter} for others.
   */
  public static int basisPoints(BigDecimal percentage) {
    try {
      // Refused before it is expanded: 1e999999999 is short to write.
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

  /** Applies a change; throws {@code bad_parameter} if the plan does not allow the move. */
  public Rule change(Change change, long newRevision, String actor, Instant now) {
    Progress moved = progress(change, now);
    int wanted = or(change.basisPoints, basisPoints);
    if (change.move == Progress.Move.START) {
      wanted = Math.max(basisPoints, moved.basisPoints());
    } else if (change.move != null && raisesOrLowers(change.move)) {
      wanted = moved.basisPoints();
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
        same ? assignment : newRevision,
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
    // A person's change always wins: the plan is paused until someone resumes it.
    return change.machine || progress == null ? progress : progress.byHand(basisPoints, now);
  }

  private static boolean raisesOrLowers(Progress.Move move) {
    return switch (move) {
      case PROMOTE, APPROVE, ADVANCE, STEP_BACK, TO_ZERO -> true;
      case START, ASK, COOLED, PAUSE, RESUME -> false;
    };
  }

  private static <T> T or(T changed, T before) {
    return changed == null ? before : changed;
  }
}
