package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Set;

/**
 * Who gets WebSocket, as ops last said. Immutable.
 *
 * @param basisPoints hundredths of a percent, 0 to 10,000
 * @param bucketBy {@code client} or {@code shop}
 * @param cohort which versions and platforms take part at all
 * @param ceiling basis points that the percentage never exceeds, whoever asks
 * @param watchOnly whether the machine only says what it would do
 * @param progress the plan, and how far it has come; null where there is none
 * @param assignment the revision that assigned clients to buckets and arms last: in which
 *     percentage, salt or {@code bucketBy} changed
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

  /** Ids in one list. */
  static final int MAX_LISTED = 200;

  static final int MAX_REASON_CHARS = 500;

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

  private static <T> T or(T changed, T before) {
    return changed == null ? before : changed;
  }
}
