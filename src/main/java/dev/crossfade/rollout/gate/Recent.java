package dev.crossfade.rollout.gate;

import java.util.ArrayList;
import java.util.List;

/**
 * The latest observations of one kind, over windows of several lengths that end now. Judging by the
 * worst of them is a CUSUM (E. S. Page, 1954) restricted to these lengths: what was good before the
 * window does not weigh, however long it lasted. Immutable.
 *
 * @param windows one for each of {@link #MINUTES}
 */
public record Recent(List<Window> windows) {

  /** Lengths of the windows. */
  static final List<Integer> MINUTES = List.of(2, 10, 30);

  static final int LONGEST = MINUTES.get(MINUTES.size() - 1);

  static final Recent NONE = new Recent(MINUTES.stream().map(minutes -> new Window(0, 0)).toList());

  /** Observations within one window; {@code bad} are distinct clients. */
  public record Window(long bad, long good) {
    long n() {
      return bad + good;
    }
  }

  public Recent {
    windows = List.copyOf(windows);
  }

  Recent plus(Recent other) {
    List<Window> sums = new ArrayList<>();
    for (int i = 0; i < MINUTES.size(); i++) {
      Window a = windows.get(i);
      Window b = other.windows.get(i);
      sums.add(new Window(a.bad + b.bad, a.good + b.good));
    }
    return new Recent(sums);
  }

  /** Distinct clients with bad observations in the longest window. */
  long clients() {
    return windows.get(windows.size() - 1).bad();
  }
}
