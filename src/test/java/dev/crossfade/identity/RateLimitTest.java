package dev.crossfade.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private final RateLimit limit = new RateLimit(3);

  @Test
  void each_key_has_its_own_share_and_is_told_when_to_come_back() {
    for (int i = 0; i < 3; i++) {
      limit.take("a");
    }

    assertThatThrownBy(() -> limit.take("a"))
        .isInstanceOfSatisfying(
            ChatException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
              // A third of a minute, and a second more where no time at all has passed.
              assertThat((long) refusal.fields().get("retry_after")).isBetween(20L, 21L);
            });
    assertThatCode(() -> limit.take("b")).doesNotThrowAnyException();
  }

  @Test
  void a_key_that_is_over_starts_anew() {
    for (int i = 0; i < 3; i++) {
      limit.take("a");
    }

    limit.forget("a");

    assertThatCode(() -> limit.take("a")).doesNotThrowAnyException();
  }

  @Test
  void a_flood_of_keys_is_bounded() {
    for (int i = 0; i < 2 * RateLimit.MAX_KEYS; i++) {
      limit.take("key-" + i);
    }

    assertThat(limit.keys()).isLessThanOrEqualTo(RateLimit.MAX_KEYS);
  }
}
