package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The progress of a plan. All moves are in {@link #after}. Immutable.
 *
 * @param stage index of the current stage; -1 before the first
 * @param since when state or stage last changed
 * @param stepBacks how often the gate took it back since a person last moved it
 */
public record Progress(Plan plan, int stage, State state, Instant since, int stepBacks) {

  /**
   * The state of a plan. A kill is not one: it belongs to the rule and is independent of the plan.
   */
  public enum State {
    READY,
    RUNNING,
    AWAITING_APPROVAL,
    COOLDOWN,
    PAUSED,
    COMPLETED;

    /** The name on the wire and in Togglz. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The reverse of {@link #text}; throws IllegalArgumentException for another text. */
    public static State of(String text) {
      return valueOf(text.toUpperCase(Locale.ROOT));
    }
  }

  /** The moves of a plan; only the gate makes the first three and {@link #TO_ZERO}. */
  public enum Move {
    PROMOTE,
    ASK,
    COOLED,
    STEP_BACK,
    TO_ZERO,
    START,
    APPROVE,
    ADVANCE,
    PAUSE,
    RESUME
  }

  private static final Map<State, Set<Move>> ALLOWED = new EnumMap<>(State.class);

  static {
    ALLOWED.put(State.READY, EnumSet.of(Move.START));
    ALLOWED.put(
        State.RUNNING,
        EnumSet.of(Move.PROMOTE, Move.ASK, Move.ADVANCE, Move.STEP_BACK, Move.TO_ZERO, Move.PAUSE));
    ALLOWED.put(
        State.AWAITING_APPROVAL,
        EnumSet.of(Move.APPROVE, Move.ADVANCE, Move.STEP_BACK, Move.TO_ZERO, Move.PAUSE));
    ALLOWED.put(
        State.COOLDOWN,
        EnumSet.of(Move.COOLED, Move.ADVANCE, Move.STEP_BACK, Move.TO_ZERO, Move.PAUSE));
    ALLOWED.put(State.PAUSED, EnumSet.of(Move.RESUME, Move.ADVANCE, Move.STEP_BACK, Move.TO_ZERO));
    ALLOWED.put(State.COMPLETED, EnumSet.of(Move.STEP_BACK, Move.TO_ZERO, Move.PAUSE));
  }

  /** A plan that nobody has started. */
  static Progress ready(Plan plan, Instant now) {
    return new Progress(plan, -1, State.READY, now, 0);
  }

  /** The progress after a move; throws {@code bad_parameter} if the state does not allow it. */
  Progress after(Move move, int basisPoints, Instant now) {
    if (!may(move)) {
      throw new ChatException(
          Problem.BAD_PARAMETER,
          "计划处于 " + state + "，不能 " + move + "。",
          "計畫處於 " + state + "，不能 " + move + "。",
          "The plan is " + state + ": " + move + " is not possible.");
    }
    int next = Math.min(stage + 1, plan.stages().size() - 1);
    return switch (move) {
      // The plan starts at a percentage that was raised by hand instead of undoing it.
      case START -> at(Math.max(0, plan.stageAt(basisPoints)), now, 0);
      case PROMOTE -> at(next, now, stepBacks);
      case APPROVE, ADVANCE -> at(next, now, 0);
      case ASK -> new Progress(plan, stage, State.AWAITING_APPROVAL, now, stepBacks);
      case STEP_BACK -> {
        // From where it is, which a person may have changed by hand.
        int lower = basisPoints == 0 ? -1 : plan.stageAt(basisPoints - 1);
        // There is no stage to wait for before the first, and what a person has paused stays so.
        boolean waits = lower >= 0 && state != State.PAUSED;
        yield new Progress(plan, lower, waits ? State.COOLDOWN : State.PAUSED, now, stepBacks + 1);
      }
      case TO_ZERO -> new Progress(plan, -1, State.PAUSED, now, stepBacks + 1);
      case COOLED -> new Progress(plan, stage, State.RUNNING, now, stepBacks);
      case PAUSE -> new Progress(plan, stage, State.PAUSED, now, 0);
      case RESUME -> at(plan.stageAt(basisPoints), now, 0);
    };
  }

  /** A person changed something else: it pauses, and what the gate took back is forgotten. */
  Progress byHand(int basisPoints, Instant now) {
    boolean paused = state == State.PAUSED;
    return may(Move.PAUSE)
        ? after(Move.PAUSE, basisPoints, now)
        : new Progress(plan, stage, state, since, paused ? 0 : stepBacks);
  }

  private boolean may(Move move) {
    return ALLOWED.get(state).contains(move);
  }

  /** The percentage of this stage in basis points; 0 before the first. */
  int basisPoints() {
    return stage < 0 ? 0 : plan.stages().get(stage).basisPoints();
  }

  /** The stage after this; null after the last. */
  public Plan.Stage next() {
    return stage + 1 < plan.stages().size() ? plan.stages().get(stage + 1) : null;
  }

  private Progress at(int newStage, Instant now, int backs) {
    boolean last = newStage == plan.stages().size() - 1;
    return new Progress(plan, newStage, last ? State.COMPLETED : State.RUNNING, now, backs);
  }
}
