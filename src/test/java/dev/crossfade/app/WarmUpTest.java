package dev.crossfade.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import jakarta.servlet.ServletContext;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Whatever becomes of a warm-up, the node is ready after it. */
class WarmUpTest {

  private static final long SOON_SECONDS = 30;

  private final CountDownLatch over = new CountDownLatch(1);

  @Test
  void it_is_over_when_its_node_cannot_be_made() throws Exception {
    try (WarmUp warmUp =
        warmUp(
            () -> {
              throw new IllegalStateException("no database");
            })) {
      warmUp.start();
      assertThat(over.await(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void it_is_over_when_it_is_closed_while_it_looks_for_its_connector() throws Exception {
    CountDownLatch looks = new CountDownLatch(1);
    WarmUp warmUp =
        warmUp(
            () -> {
              looks.countDown();
              return null;
            });
    warmUp.start();
    assertThat(looks.await(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
    warmUp.close();
    assertThat(over.getCount()).isZero();
  }

  @Test
  void it_may_be_closed_before_it_was_started() {
    assertThatNoException().isThrownBy(() -> warmUp(() -> null).close());
  }

  private WarmUp warmUp(Supplier<WarmNode> maker) {
    ServletContext context =
        (ServletContext)
            Proxy.newProxyInstance(
                WarmUpTest.class.getClassLoader(),
                new Class<?>[] {ServletContext.class},
                (proxy, method, arguments) ->
                    method.getName().equals("getContextPath")
                        ? "/crossfade"
                        : "Catalina/localhost");
    return new WarmUp(maker, Duration.ofMinutes(5), context, over::countDown);
  }
}
