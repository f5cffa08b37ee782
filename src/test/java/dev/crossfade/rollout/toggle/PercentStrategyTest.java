package dev.crossfade.rollout.toggle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Buckets;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Cohort;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChooser;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.togglz.core.repository.FeatureState;
import org.togglz.core.user.SimpleFeatureUser;

class PercentStrategyTest {

  @Test
  void the_togglz_strategy_decides_as_the_chooser_does() {
    Rule rule = rule(2_500, true, false, Set.of(), Set.of());
    PercentStrategy strategy = new PercentStrategy(() -> false, id -> false);
    for (int i = 0; i < 1_000; i++) {
      String id = "client-" + i;
      boolean websocket =
          TransportChooser.choose(rule, new Client(id, "demo"), false).transport()
              == Transport.WEBSOCKET;
      assertThat(strategy.isActive(state(rule), new SimpleFeatureUser(id))).isEqualTo(websocket);
    }
    assertThat(strategy.isActive(state(rule(10_000, true, false, Set.of(), Set.of())), null))
        .isFalse();
  }

  @Test
  void a_rule_survives_the_way_through_togglz() {
    Instant now = Instant.parse("2026-11-20T12:00:00Z");
    Rule rule = rule(1_234, true, true, Set.of("a", "b"), Set.of("c"));
    assertThat(back(rule)).isEqualTo(rule);
    Change all =
        Change.because("all of it")
            .cohort("version>=4.2;platform=ios,web")
            .ceiling(5_000)
            .watchOnly(true)
            .plan(Plan.parse("p;0.5/240/30;50/0/1/approve"));
    Rule planned = rule.change(all, 8, "ops", now);
    assertThat(back(planned)).isEqualTo(planned);
  }

  private static FeatureState state(Rule rule) {
    FeatureState state = new FeatureState(CrossfadeFeature.WEBSOCKET, rule.enabled());
    RuleParameters.of(rule).forEach(state::setParameter);
    return state;
  }

  private static Rule back(Rule rule) {
    return RuleParameters.rule(rule.enabled(), RuleParameters.of(rule));
  }

  private static Rule rule(
      int basisPoints, boolean enabled, boolean killed, Set<String> allow, Set<String> deny) {
    return new Rule(
        enabled,
        killed,
        basisPoints,
        Rule.FIRST_SALT,
        Rule.BY_CLIENT,
        Set.of(),
        allow,
        Set.of(),
        deny,
        Cohort.ALL,
        Buckets.COUNT,
        false,
        null,
        3,
        7,
        "test",
        "tester",
        Instant.parse("2026-11-20T12:00:00Z"));
  }
}
