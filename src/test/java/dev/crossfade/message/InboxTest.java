package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboxTest {

  private final Inbox inbox = new Inbox(Hints.NONE);
  private final List<String> woken = new ArrayList<>();

  @Test
  void a_change_wakes_the_visitor_it_concerns_and_the_staff_of_the_shop() {
    watch("demo", "v1");
    watch("demo", "v2");
    watch("demo", null);
    watch("other", "v1");
    watch("other", null);
    inbox.changed("demo", "v1");
    assertThat(woken).containsExactlyInAnyOrder("demo v1", "demo null");
    woken.clear();
    inbox.changedForStaff("other");
    assertThat(woken).containsExactly("other null");
  }

  @Test
  void whoever_has_stopped_watching_is_not_woken() {
    Runnable first = watch("demo", "v1");
    watch("demo", "v1");
    first.run();
    first.run();
    inbox.changed("demo", "v1");
    assertThat(woken).hasSize(1);
  }

  private Runnable watch(String shop, String visitor) {
    return inbox.watch(new Inbox.Key(shop, visitor), () -> woken.add(shop + " " + visitor));
  }
}
