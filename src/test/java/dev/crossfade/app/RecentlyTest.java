package dev.crossfade.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentlyTest {

  private final AtomicLong nanos = new AtomicLong(-5);
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void a_thousand_who_ask_cost_one_look_a_second() {
    Recently ready = new Recently(() -> asked.incrementAndGet() == 1, nanos::get);
    for (int i = 0; i < 1_000; i++) {
      assertThat(ready.getAsBoolean()).isTrue();
    }
    assertThat(asked).hasValue(1);
    nanos.addAndGet(Recently.KEPT.toNanos());
    assertThat(ready.getAsBoolean()).isFalse();
    assertThat(asked).hasValue(2);
  }

  @Test
  void while_one_waits_for_a_database_that_hangs_the_others_wait_for_nothing() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch asks = new CountDownLatch(2);
    Recently ready = slowAtTheSecond(asks, hangs);
    assertThat(ready.getAsBoolean()).isTrue();
    nanos.addAndGet(Recently.KEPT.toNanos());
    CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(ready::getAsBoolean);
    assertThat(asks.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(ready.getAsBoolean()).as("the last answer").isTrue();
    nanos.addAndGet(Recently.KEPT.toNanos());
    assertThat(ready.getAsBoolean()).as("too old").isFalse();
    hangs.countDown();
    assertThat(second.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void two_who_ask_seldom_and_at_once_both_hear_the_answer() throws Exception {
    CountDownLatch asks = new CountDownLatch(2);
    CountDownLatch answers = new CountDownLatch(1);
    Recently ready = slowAtTheSecond(asks, answers);
    assertThat(ready.getAsBoolean()).isTrue();
    nanos.addAndGet(10 * Recently.KEPT.toNanos());
    CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(ready::getAsBoolean);
    assertThat(asks.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(ready.getAsBoolean()).isTrue();
    answers.countDown();
    assertThat(one.get(10, TimeUnit.SECONDS)).isTrue();
  }

  private Recently slowAtTheSecond(CountDownLatch asks, CountDownLatch until) {
    return new Recently(
        () -> {
          asks.countDown();
          return asks.getCount() == 1 || awaited(until);
        },
        nanos::get);
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
