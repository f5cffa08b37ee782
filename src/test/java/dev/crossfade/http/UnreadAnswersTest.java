package dev.crossfade.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Role;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is refused while responses are read slowly: first those who read slowly. */
class UnreadAnswersTest {

  private static final String HERE = "192.0.2.1";
  private static final String THERE = "192.0.2.2";

  private final UnreadAnswers answers = new UnreadAnswers(3_200);
  private final Caller anna = caller("anna");
  private final Caller berta = caller("berta");

  @Test
  void a_user_who_does_not_read_is_refused_and_nobody_else() {
    answers.take(anna, HERE, 100);
    assertThatThrownBy(() -> answers.require(anna, THERE)).hasMessage("rate_limited");
    answers.require(berta, HERE);
  }

  @Test
  void an_address_that_does_not_read_is_refused_and_no_other() {
    for (int i = 0; i < 8; i++) {
      answers.take(caller("v" + i), HERE, 50);
    }
    assertThatThrownBy(() -> answers.require(berta, HERE)).hasMessage("rate_limited");
    answers.require(berta, THERE);
  }

  @Test
  void beyond_what_all_may_hold_everybody_is_told_to_come_back() {
    for (int i = 0; i < 64; i++) {
      answers.take(caller("v" + i), "192.0.2." + i, 50);
    }
    assertThatThrownBy(() -> answers.require(berta, "198.51.100.1")).hasMessage("unavailable");
  }

  @Test
  void what_was_read_is_given_back_to_all_who_held_it() {
    List<Runnable> read = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      read.add(answers.take(anna, HERE, 70));
    }
    read.forEach(Runnable::run);
    answers.require(anna, HERE);
    assertThat(answers.bytes()).isZero();
  }

  private static Caller caller(String user) {
    return new Caller(user, "demo", Role.VISITOR, null, Instant.MIN, null, Instant.MAX);
  }
}
