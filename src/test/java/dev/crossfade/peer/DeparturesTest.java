package dev.crossfade.peer;

import static dev.crossfade.peer.Departure.Cause.DRAINED;
import static dev.crossfade.peer.Departure.Cause.KILLED;
import static dev.crossfade.peer.Departure.Cause.MOVED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.CloseReason;
import org.junit.jupiter.api.Test;

/** Why a peer is to go: causes come and go, and none hides another. */
class DeparturesTest {

  private final Departures departures = new Departures();

  @Test
  void the_soonest_of_all_causes_stands() {
    assertThat(departures.with(by(100, DRAINED))).isEqualTo(by(100, DRAINED));
    assertThat(departures.with(by(12, KILLED))).isEqualTo(by(12, KILLED));
    assertThat(departures.with(by(25, MOVED))).isEqualTo(by(12, KILLED));
  }

  /** A kill during a drain hid the drain, and its end took both away: the node never emptied. */
  @Test
  void a_cause_that_is_over_takes_nothing_from_the_others() {
    departures.with(by(100, DRAINED));
    departures.with(by(12, KILLED));
    assertThat(departures.without(KILLED)).isEqualTo(by(100, DRAINED));
    assertThat(departures.without(MOVED)).isEqualTo(by(100, DRAINED));
    assertThat(departures.without(DRAINED)).isNull();
  }

  @Test
  void of_one_cause_the_sooner_stands() {
    departures.with(by(30, MOVED));
    assertThat(departures.with(by(40, MOVED))).isEqualTo(by(30, MOVED));
    assertThat(departures.with(by(20, MOVED))).isEqualTo(by(20, MOVED));
  }

  private static Departure by(long nanos, Departure.Cause cause) {
    return new Departure(nanos, CloseReason.USE_POLLING, cause);
  }
}
