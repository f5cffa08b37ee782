package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.store.ConversationStore.Listed;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Time and threads are driven by hand: each test is one interleaving. */
class SharedListTest {

  private static final long PERIOD = SharedList.PERIOD;

  private final Hand hand = new Hand();
  private final List<Long> readAt = new ArrayList<>();
  private Runnable duringRead = () -> {};
  private RuntimeException failure;

  /** What is committed; a list shows it as the head of its only conversation. */
  private long head;

  private final SharedList list = new SharedList(this::read, hand, hand::after, () -> hand.now);

  @Test
  void all_who_watch_share_one_read_and_each_sees_their_own_view() {
    Seen first = enter("first");
    Seen second = enter("second");
    hand.run();
    assertThat(readAt).hasSize(1);
    assertThat(first.heads).containsExactly(0L);
    assertThat(second.heads).containsExactly(0L);
    assertThat(second.last.visitorId()).isEqualTo("for second");
  }

  @Test
  void changes_that_come_together_are_one_read_a_period_later() {
    Seen seen = enter("agent");
    hand.run();
    hand.pass(10 * PERIOD);
    for (int i = 0; i < 100; i++) {
      commit();
      hand.pass(PERIOD / 200);
    }
    hand.pass(PERIOD);
    assertThat(seen.heads).containsExactly(0L, 100L);
    assertThat(readAt).containsExactly(0L, 11 * PERIOD);
  }

  @Test
  void a_busy_shop_is_read_once_a_period_and_what_came_last_is_seen() {
    Seen seen = enter("agent");
    for (int i = 0; i < 1_000; i++) {
      commit();
      hand.pass(PERIOD / 100);
    }
    hand.pass(PERIOD);
    assertThat(seen.heads).endsWith(1_000L);
    assertThat(readAt).hasSizeBetween(10, 12);
    for (int i = 1; i < readAt.size(); i++) {
      assertThat(readAt.get(i) - readAt.get(i - 1)).isGreaterThanOrEqualTo(PERIOD);
    }
  }

  @Test
  void one_who_enters_soon_after_a_read_gets_a_read_of_their_own_when_it_is_allowed() {
    Seen first = enter("first");
    hand.run();
    hand.pass(PERIOD / 5);
    Seen second = enter("second");
    Seen third = enter("third");
    hand.run();
    assertThat(second.heads).isEmpty();
    hand.pass(PERIOD);
    assertThat(readAt).containsExactly(0L, PERIOD);
    assertThat(second.heads).hasSize(1);
    assertThat(third.heads).hasSize(1);
    assertThat(first.heads).hasSize(2);
  }

  @Test
  void one_who_enters_while_a_read_runs_is_not_told_what_it_found() {
    enter("first");
    List<Seen> late = new ArrayList<>();
    duringRead =
        () -> {
          duringRead = () -> {};
          // Committed after the database was asked, and known to the one who enters.
          head++;
          late.add(enter("late"));
        };
    hand.run();
    assertThat(late.get(0).heads).isEmpty();
    hand.pass(PERIOD);
    assertThat(late.get(0).heads).containsExactly(1L);
  }

  @Test
  void a_change_while_a_read_runs_is_read_again() {
    Seen seen = enter("agent");
    duringRead =
        () -> {
          duringRead = () -> {};
          commit();
        };
    hand.run();
    assertThat(seen.heads).containsExactly(0L);
    hand.pass(PERIOD);
    assertThat(seen.heads).containsExactly(0L, 1L);
    hand.pass(10 * PERIOD);
    assertThat(readAt).hasSize(2);
  }

  @Test
  void two_reads_never_run_at_once() {
    enter("agent");
    duringRead =
        () -> {
          duringRead = () -> {};
          hand.now += 3 * PERIOD;
          commit();
          assertThat(hand.tasks).isEmpty();
          assertThat(hand.timers).isEmpty();
        };
    hand.run();
    // It took longer than a period, so the next one need not wait.
    assertThat(readAt).containsExactly(0L, 3 * PERIOD);
  }

  @Test
  void a_failed_read_is_told_and_the_next_change_is_read_again() {
    Seen seen = enter("agent");
    failure = new ChatException(Problem.UNAVAILABLE);
    hand.run();
    assertThat(seen.failures).containsExactly(failure);
    failure = null;
    commit();
    hand.pass(PERIOD);
    assertThat(seen.heads).containsExactly(1L);
  }

  @Test
  void a_watcher_that_throws_keeps_nothing_from_the_others() {
    list.enter(
        new SharedList.Watch(
            caller("broken"),
            new ConversationLists.Watcher() {
              @Override
              public void listed(List<Listed> now) {
                throw new IllegalStateException("broken");
              }

              @Override
              public void failed(RuntimeException failure) {
                throw new IllegalStateException("not asked for");
              }
            }));
    Seen seen = enter("agent");
    hand.run();
    assertThat(seen.heads).hasSize(1);
    assertThat(seen.failures).isEmpty();
  }

  @Test
  void nothing_is_read_when_all_have_left() {
    Seen seen = enter("agent");
    hand.run();
    commit();
    assertThat(list.leave(seen.watch)).isTrue();
    assertThat(list.leave(seen.watch)).isFalse();
    hand.pass(10 * PERIOD);
    commit();
    hand.pass(10 * PERIOD);
    assertThat(readAt).hasSize(1);
    assertThat(list.emptyFor(20 * PERIOD)).isTrue();
    assertThat(list.emptyFor(20 * PERIOD + 1)).isFalse();
    // One who comes back is read for, though a change was planned for nobody.
    assertThat(enter("again").heads).isEmpty();
    hand.run();
    assertThat(readAt).hasSize(2);
  }

  private void commit() {
    head++;
    list.changed();
  }

  private Seen enter(String user) {
    Seen seen = new Seen(user);
    list.enter(seen.watch);
    list.look();
    return seen;
  }

  private Function<Caller, List<Listed>> read() {
    readAt.add(hand.now);
    long found = head;
    duringRead.run();
    if (failure != null) {
      throw failure;
    }
    return caller -> List.of(new Listed(conversation(found, caller.userId()), 0, null, 0L));
  }

  private static Conversation conversation(long head, String user) {
    return new Conversation(
        1, "demo", "for " + user, null, null, null, null, true, head, Instant.MIN, Instant.MIN);
  }

  private static Caller caller(String user) {
    return new Caller(user, "demo", Role.AGENT, null, Instant.MIN, null, Instant.MAX);
  }

  private static final class Seen implements ConversationLists.Watcher {

    private final SharedList.Watch watch;
    private final List<Long> heads = new ArrayList<>();
    private final List<RuntimeException> failures = new ArrayList<>();
    private Conversation last;

    Seen(String user) {
      watch = new SharedList.Watch(caller(user), this);
    }

    @Override
    public void listed(List<Listed> now) {
      last = now.get(0).conversation();
      heads.add(last.head());
    }

    @Override
    public void failed(RuntimeException failure) {
      failures.add(failure);
    }
  }

  /** An executor and a timer that do nothing by themselves. */
  private static final class Hand implements Executor {

    private record Due(long at, Runnable task) {}

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Due> timers = new PriorityQueue<>(Comparator.comparing(Due::at));
    private long now;

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    void after(long delay, Runnable task) {
      timers.add(new Due(now + delay, task));
    }

    void run() {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    }

    void pass(long time) {
      run();
      long until = now + time;
      while (!timers.isEmpty() && timers.peek().at() <= until) {
        now = Math.max(now, timers.peek().at());
        timers.poll().task().run();
        run();
      }
      now = until;
    }
  }
}
