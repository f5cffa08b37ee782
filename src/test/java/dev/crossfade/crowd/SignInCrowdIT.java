package dev.crossfade.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.crossfade.crowd.Crowd.Member;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everybody of a busy shop comes back at once, as after a restart. */
@Tag("alone")
@Order(Integer.MAX_VALUE)
class SignInCrowdIT {

  private static final int AGENTS = 1_000;
  private static final int VISITORS = 5_000;
  private static final int ALL = AGENTS + VISITORS;

  /** Both ends of every socket are in this process. */
  private static final long FILES = 2L * ALL + 1_000;

  /** A few seconds where nothing else runs. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What a socket of staff may be told of who came and went: so many frames, twice a second. */
  private static final int NAMES = 50;

  @TempDir Path home;

  @Test
  void a_thousand_agents_and_five_thousand_visitors_sign_in_and_nobody_is_closed()
      throws Exception {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    assumeThat(system.getMaxFileDescriptorCount()).isGreaterThan(FILES);
    try (CrossfadeServer server =
        new CrossfadeServer(home)
            .with("max_sockets_per_address", Integer.toString(2 * ALL))
            .start()) {
      Api staff = server.api().as("head-of-staff", "demo", "agent");
      List<Member> members = members(server.api());
      long begin = System.nanoTime();
      try (Crowd crowd = Crowd.open(server.port(), members)) {
        await().atMost(PATIENCE).until(crowd::figures, now -> now.joined() + now.ended() >= ALL);
        Crowd.Figures figures = crowd.figures();
        assertThat(figures.closes()).as("%s", figures).isEmpty();
        assertThat(figures.authenticated()).isEqualTo(ALL);
        await().atMost(PATIENCE).until(() -> count(staff), now -> now == ALL);
        assertNobodyWasFlooded(crowd.figures(), begin);
      }
      await().atMost(PATIENCE).until(() -> count(staff), now -> now == 0);
    }
  }

  /** Presence costs what there is of staff and of time, not what comes and goes. */
  private static void assertNobodyWasFlooded(Crowd.Figures figures, long begin) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(figures.closes()).as("%s", figures).isEmpty();
    assertThat(figures.presenceFrames()).isLessThan((long) (AGENTS * NAMES * 2 * (seconds + 1)));
  }

  private static int count(Api staff) {
    return staff.get("api/presence").body().get("count").asInt();
  }

  /** Agents and visitors in a mixed order; each agent looks into the conversation of a visitor. */
  private static List<Member> members(Api api) throws Exception {
    List<Member> visitors =
        Many.of(
            VISITORS,
            n -> {
              Api visitor = api.as("visitor-" + n, "demo", "visitor");
              return new Member(visitor.token(), visitor.open());
            });
    List<Member> members = new ArrayList<>();
    for (int n = 0; n < VISITORS; n++) {
      members.add(visitors.get(n));
      if (n % (VISITORS / AGENTS) == 0) {
        String agent = api.as("agent-" + n, "demo", "agent").token();
        members.add(new Member(agent, visitors.get(n).conversation()));
      }
    }
    return members;
  }
}
