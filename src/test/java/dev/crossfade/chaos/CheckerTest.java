package dev.crossfade.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.chaos.Event.Seen;
import dev.crossfade.chaos.Verdict.Oracle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who checks the checker: histories that are right, of which none may be flagged, and the same
 * histories with one thing wrong, each of which must be caught by the oracle that is meant for it.
 */
class CheckerTest {

  private static final long ENOUGH = 2;

  /** A change that makes a right history wrong. */
  private interface Mutation extends UnaryOperator<List<Event>> {}

  @Test
  void no_right_history_is_flagged() {
    for (long seed = 0; seed < 2_000; seed++) {
      Verdict verdict = Checker.check(new Synthetic(seed).history(), ENOUGH);
      assertThat(verdict.word()).as("seed " + seed + ": " + verdict).isEqualTo("PASSED");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mutations")
  void every_wrong_history_is_caught(String name, Oracle oracle, Mutation mutation) {
    for (long seed = 0; seed < 20; seed++) {
      List<Event> right = new Synthetic(seed).history();
      List<Event> wrong = mutation.apply(right);
      assertThat(wrong).as("the mutation changes something").isNotEqualTo(right);
      Verdict verdict = Checker.check(wrong, ENOUGH);
      assertThat(verdict.count(oracle)).as("seed " + seed + ": " + verdict).isPositive();
      assertThat(verdict.word()).isEqualTo("FAILED");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("invalid")
  void a_run_that_shows_nothing_is_unknown(String name, Mutation mutation) {
    Verdict verdict = Checker.check(mutation.apply(new Synthetic(7).history()), ENOUGH);
    assertThat(verdict.word()).as(verdict.toString()).isEqualTo("UNKNOWN");
  }

  @Test
  void a_history_reads_back_as_it_was_written(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("history.jsonl");
    History history = new History(file);
    List<Event> events = new Synthetic(3).history();
    events.stream().filter(e -> !(e instanceof Event.Ended)).forEach(e -> history.add(at -> e));
    history.close();
    assertThat(History.read(file)).isEqualTo(history.events());
    assertThat(history.events().subList(0, events.size() - 1))
        .isEqualTo(events.subList(0, events.size() - 1));
  }

  static Stream<Arguments> mutations() {
    return Stream.of(
        of(
            "an acknowledged message is in nobody's last read",
            Oracle.LOST,
            all(Event.Got.class, CheckerTest::last, got -> without(got, 3))),
        of(
            "an acknowledged message is missing for one reader over one transport",
            Oracle.LOST,
            first(Event.Got.class, CheckerTest::last, got -> without(got, 2))),
        of(
            "the newest acknowledged message is gone",
            Oracle.LOST,
            all(Event.Got.class, CheckerTest::last, CheckerTest::withoutNewest)),
        of(
            "a live reader is never shown one message",
            Oracle.GAP,
            first(
                Event.Got.class, got -> live(got) && got.messages().size() > 2, CheckerTest::hole)),
        of(
            "a socket is given a message twice",
            Oracle.DOUBLED,
            repeat(Event.Got.class, got -> live(got) && !got.messages().isEmpty())),
        of(
            "one answer holds a message twice",
            Oracle.DOUBLED,
            first(
                Event.Got.class,
                got -> live(got) && !got.messages().isEmpty(),
                CheckerTest::twice)),
        of(
            "a repeat of a send is stored a second time",
            Oracle.DOUBLED,
            insertAfter(
                Event.Acked.class,
                acked ->
                    new Event.Acked(
                        acked.at(),
                        acked.client(),
                        acked.transport(),
                        acked.conversation(),
                        acked.id(),
                        acked.seq() + 1_000,
                        true))),
        of(
            "one id is shown under two numbers",
            Oracle.DOUBLED,
            first(
                Event.Got.class,
                got -> live(got) && got.messages().size() > 1,
                CheckerTest::firstIdAgain)),
        of(
            "two messages of an answer are swapped",
            Oracle.REORDERED,
            first(
                Event.Got.class,
                got -> live(got) && got.messages().size() > 1,
                CheckerTest::swapped)),
        of(
            "a send gets a number below one that was acknowledged before it began",
            Oracle.REORDERED,
            CheckerTest::numbersAgainstTime),
        of(
            "two readers are shown different messages under one number",
            Oracle.DIVERGENT,
            first(
                Event.Got.class,
                got -> live(got) && got.messages().size() > 1,
                CheckerTest::otherId)),
        of("one number is acknowledged to two senders", Oracle.DIVERGENT, CheckerTest::sameNumber),
        of("a message that nobody sent is shown", Oracle.PHANTOM, without(Event.Invoked.class)),
        of(
            "a message is shown with other content",
            Oracle.PHANTOM,
            all(Event.Got.class, got -> true, CheckerTest::otherContent)),
        of("a message that was refused is shown", Oracle.PHANTOM, CheckerTest::refusedInstead),
        of(
            "an answer does not know what was acknowledged before",
            Oracle.STALE,
            CheckerTest::stale),
        of(
            "a join does not know what was acknowledged before",
            Oracle.STALE,
            CheckerTest::staleJoin),
        of(
            "a good cursor is called expired",
            Oracle.CURSOR,
            insertAfter(
                Event.Asked.class,
                asked ->
                    new Event.Told(
                        asked.at(),
                        asked.client(),
                        asked.transport(),
                        asked.conversation(),
                        asked.line(),
                        "cursor_expired",
                        1))),
        of(
            "a cursor that is ahead gets an empty answer",
            Oracle.CURSOR,
            first(Event.Asked.class, asked -> !asked.last(), CheckerTest::ahead)),
        of(
            "the epoch changes in the middle",
            Oracle.CURSOR,
            first(
                Event.Got.class, got -> live(got) && got.epoch() != null, CheckerTest::otherEpoch)),
        of(
            "messages come long after the identity ended",
            Oracle.IDENTITY,
            first(
                Event.Got.class,
                got -> live(got) && !got.messages().isEmpty(),
                CheckerTest::expired)),
        of(
            "a stranger is shown a conversation",
            Oracle.TENANT,
            all(
                Event.Entitled.class,
                who -> who.client().equals("reader-0"),
                who ->
                    new Event.Entitled(
                        who.at(), who.client(), who.user(), who.kind(), true, List.of()))),
        of(
            "a stranger's send is acknowledged",
            Oracle.TENANT,
            first(
                Event.Acked.class,
                acked -> true,
                acked ->
                    new Event.Acked(
                        acked.at(),
                        "stranger",
                        acked.transport(),
                        acked.conversation(),
                        acked.id(),
                        acked.seq(),
                        false))),
        of(
            "one client is told both at one revision",
            Oracle.STICKY,
            insertAfter(
                Event.Advised.class,
                one ->
                    new Event.Advised(
                        one.at(),
                        one.client(),
                        one.revision(),
                        one.percentage(),
                        one.transport().equals(Event.POLLING) ? Event.WEBSOCKET : Event.POLLING,
                        one.transport().equals(Event.POLLING) ? "in_percent" : "out_of_percent"))),
        of(
            "a higher percentage takes a client off WebSocket",
            Oracle.STICKY,
            CheckerTest::unfaithful),
        of("a message takes six seconds with nothing broken", Oracle.LATE, CheckerTest::slow),
        of(
            "a reader is never shown the newest message by itself",
            Oracle.LATE,
            CheckerTest::neverShown));
  }

  static Stream<Arguments> invalid() {
    return Stream.of(
        Arguments.of(
            "a fault without effect",
            all(Event.Healed.class, h -> true, h -> new Event.Healed(h.at(), h.name(), 0))),
        Arguments.of("a fault that never heals", without(Event.Healed.class)),
        Arguments.of("a history that is cut off", (Mutation) h -> h.subList(0, h.size() - 1)),
        Arguments.of("a history with a hole", (Mutation) CheckerTest::withoutSomeAdvice),
        Arguments.of("a run that never settled", without(Event.Settled.class)),
        Arguments.of(
            "no last reads over WebSocket",
            (Mutation)
                h -> {
                  List<Long> lines = new ArrayList<>();
                  h.forEach(
                      e -> {
                        if (e instanceof Event.Asked a
                            && a.last()
                            && a.transport().equals(Event.WEBSOCKET)) {
                          lines.add(a.line());
                        }
                      });
                  return recount(
                      h.stream()
                          .filter(e -> !(e instanceof Event.Got g && lines.contains(g.line())))
                          .toList());
                }),
        Arguments.of(
            "hardly any traffic",
            (Mutation)
                h ->
                    h.stream()
                        .map(
                            e ->
                                e instanceof Event.Acked a
                                    ? (Event)
                                        new Event.Acked(
                                            a.at(),
                                            a.client(),
                                            Event.POLLING,
                                            a.conversation(),
                                            a.id(),
                                            a.seq(),
                                            a.duplicate())
                                    : e)
                        .toList()));
  }

  // ---- how a history is made wrong

  private static Arguments of(String name, Oracle oracle, Mutation mutation) {
    return Arguments.of(name, oracle, mutation);
  }

  private static <E extends Event> Mutation change(
      Class<E> type, Predicate<E> which, UnaryOperator<E> how, int most) {
    return history -> {
      int[] left = {most};
      return history.stream()
          .map(
              event ->
                  type.isInstance(event) && left[0] > 0 && which.test(type.cast(event))
                      ? counted(how.apply(type.cast(event)), left)
                      : event)
          .toList();
    };
  }

  private static Event counted(Event event, int[] left) {
    left[0]--;
    return event;
  }

  private static <E extends Event> Mutation all(
      Class<E> type, Predicate<E> which, UnaryOperator<E> how) {
    return change(type, which, how, Integer.MAX_VALUE);
  }

  private static <E extends Event> Mutation first(
      Class<E> type, Predicate<E> which, UnaryOperator<E> how) {
    return change(type, which, how, 1);
  }

  private static Mutation without(Class<? extends Event> type) {
    return history -> {
      boolean[] gone = new boolean[1];
      return recount(
          history.stream()
              .filter(
                  event -> {
                    boolean hit = !gone[0] && type.isInstance(event);
                    gone[0] |= hit;
                    return !hit;
                  })
              .toList());
    };
  }

  private static <E extends Event> Mutation repeat(Class<E> type, Predicate<E> which) {
    return history -> insert(history, type, which, event -> event);
  }

  private static <E extends Event> Mutation insertAfter(Class<E> type, Function<E, Event> made) {
    return history -> insert(history, type, event -> true, made);
  }

  private static <E extends Event> List<Event> insert(
      List<Event> history, Class<E> type, Predicate<E> which, Function<E, Event> made) {
    List<Event> wrong = new ArrayList<>();
    boolean done = false;
    for (Event event : history) {
      wrong.add(event);
      if (!done && type.isInstance(event) && which.test(type.cast(event))) {
        wrong.add(made.apply(type.cast(event)));
        done = true;
      }
    }
    return recount(wrong);
  }

  /** The last line says how many came before it; only a mutation of that may make it wrong. */
  private static List<Event> recount(List<Event> history) {
    List<Event> counted = new ArrayList<>(history);
    int last = counted.size() - 1;
    if (counted.get(last) instanceof Event.Ended ended) {
      counted.set(last, new Event.Ended(ended.at(), last));
    }
    return counted;
  }

  // ---- single wrongs

  private static boolean last(Event.Got got) {
    return got.line() >= Synthetic.LAST_LINES;
  }

  private static boolean live(Event.Got got) {
    return !last(got);
  }

  private static Event.Got with(Event.Got got, List<Seen> messages) {
    return new Event.Got(
        got.at(),
        got.client(),
        got.transport(),
        got.conversation(),
        got.line(),
        got.head(),
        got.epoch(),
        got.expiresAt(),
        messages);
  }

  private static Event.Got without(Event.Got got, long seq) {
    return with(got, got.messages().stream().filter(seen -> seen.seq() != seq).toList());
  }

  private static Event.Got withoutNewest(Event.Got got) {
    long head = got.messages().size();
    Event.Got less = without(got, head);
    return new Event.Got(
        less.at(),
        less.client(),
        less.transport(),
        less.conversation(),
        less.line(),
        head - 1,
        less.epoch(),
        less.expiresAt(),
        less.messages());
  }

  private static Event.Got hole(Event.Got got) {
    return without(got, got.messages().get(1).seq());
  }

  private static Event.Got twice(Event.Got got) {
    List<Seen> messages = new ArrayList<>(got.messages());
    messages.add(messages.get(0));
    return with(got, messages);
  }

  private static Event.Got firstIdAgain(Event.Got got) {
    Seen one = got.messages().get(0);
    Seen two = got.messages().get(1);
    List<Seen> messages = new ArrayList<>(got.messages());
    messages.set(1, new Seen(two.seq(), one.id(), one.sender(), one.hash()));
    return with(got, messages);
  }

  private static Event.Got swapped(Event.Got got) {
    List<Seen> messages = new ArrayList<>(got.messages());
    messages.set(0, got.messages().get(1));
    messages.set(1, got.messages().get(0));
    return with(got, messages);
  }

  private static Event.Got otherId(Event.Got got) {
    Seen two = got.messages().get(1);
    List<Seen> messages = new ArrayList<>(got.messages());
    messages.set(1, new Seen(two.seq(), two.id(), "somebody else", two.hash()));
    return with(got, messages);
  }

  private static Event.Got otherContent(Event.Got got) {
    return with(
        got,
        got.messages().stream()
            .map(s -> s.seq() == 2 ? new Seen(2, s.id(), s.sender(), s.hash() + 1) : s)
            .toList());
  }

  private static Event.Got otherEpoch(Event.Got got) {
    return new Event.Got(
        got.at(),
        got.client(),
        got.transport(),
        got.conversation(),
        got.line(),
        got.head(),
        "another",
        got.expiresAt(),
        got.messages());
  }

  private static Event.Got expired(Event.Got got) {
    return new Event.Got(
        got.at(),
        got.client(),
        got.transport(),
        got.conversation(),
        got.line(),
        got.head(),
        got.epoch(),
        got.at() - Checker.IDENTITY_GRACE - 1,
        got.messages());
  }

  private static Event.Asked ahead(Event.Asked asked) {
    return new Event.Asked(
        asked.at(),
        asked.client(),
        asked.transport(),
        asked.conversation(),
        asked.line(),
        1_000_000,
        asked.limit(),
        false);
  }

  private static List<Event> numbersAgainstTime(List<Event> history) {
    Event.Acked first = firstOf(history, Event.Acked.class);
    return history.stream()
        .map(
            e ->
                e instanceof Event.Acked a && a != first && a.seq() == first.seq() + 1
                    ? (Event)
                        new Event.Acked(
                            a.at(),
                            a.client(),
                            a.transport(),
                            a.conversation(),
                            a.id(),
                            first.seq() - 1,
                            false)
                    : e)
        .toList();
  }

  private static List<Event> sameNumber(List<Event> history) {
    Event.Acked first = firstOf(history, Event.Acked.class);
    return change(
            Event.Acked.class,
            a -> a.seq() == first.seq() + 1,
            a ->
                new Event.Acked(
                    a.at(),
                    a.client(),
                    a.transport(),
                    a.conversation(),
                    a.id(),
                    first.seq(),
                    false),
            1)
        .apply(history);
  }

  private static List<Event> refusedInstead(List<Event> history) {
    String first =
        history.stream()
            .filter(e -> e instanceof Event.Acked a && !a.duplicate())
            .map(e -> ((Event.Acked) e).id())
            .findFirst()
            .orElseThrow();
    return history.stream()
        .map(
            e ->
                e instanceof Event.Acked a && a.id().equals(first)
                    ? (Event)
                        new Event.Refused(
                            a.at(), a.client(), a.transport(), a.conversation(), a.id(), "too_long")
                    : e)
        .toList();
  }

  private static List<Event> stale(List<Event> history) {
    return change(
            Event.Got.class,
            got -> last(got) && got.transport().equals(Event.POLLING),
            got ->
                new Event.Got(
                    got.at(),
                    got.client(),
                    got.transport(),
                    got.conversation(),
                    got.line(),
                    2,
                    got.epoch(),
                    got.expiresAt(),
                    got.messages().subList(0, 2)),
            1)
        .apply(history);
  }

  private static List<Event> staleJoin(List<Event> history) {
    return change(
            Event.Got.class,
            got -> last(got) && got.transport().equals(Event.WEBSOCKET) && got.head() >= 0,
            got ->
                new Event.Got(
                    got.at(),
                    got.client(),
                    got.transport(),
                    got.conversation(),
                    got.line(),
                    1,
                    got.epoch(),
                    got.expiresAt(),
                    got.messages()),
            1)
        .apply(history);
  }

  private static List<Event> unfaithful(List<Event> history) {
    return insert(
        history,
        Event.Advised.class,
        one -> true,
        one ->
            one.transport().equals(Event.WEBSOCKET)
                ? new Event.Advised(
                    one.at(), one.client(), 99, one.percentage() + 10, "polling", "out_of_percent")
                : new Event.Advised(
                    one.at(), one.client(), 99, one.percentage() - 10, "websocket", "in_percent"));
  }

  /** Everything one reader is shown comes six seconds later than it did. */
  private static List<Event> slow(List<Event> history) {
    long late = Checker.PROMPT + 1_000_000_000;
    List<Event> wrong = new ArrayList<>();
    for (Event event : history) {
      wrong.add(
          event instanceof Event.Got g && live(g) && g.client().equals("reader-0")
              ? new Event.Got(
                  g.at() + late,
                  g.client(),
                  g.transport(),
                  g.conversation(),
                  g.line(),
                  g.head(),
                  g.epoch(),
                  g.expiresAt() + late,
                  g.messages())
              : event);
    }
    // The fault of the history would excuse it.
    wrong.removeIf(e -> e instanceof Event.Fault || e instanceof Event.Healed);
    return recount(wrong);
  }

  private static List<Event> neverShown(List<Event> history) {
    return history.stream()
        .map(
            e ->
                e instanceof Event.Got g && live(g) && g.client().equals("reader-0")
                    ? (Event)
                        with(
                            g,
                            g.messages().stream()
                                .filter(s -> s.seq() < Synthetic.MESSAGES)
                                .toList())
                    : e)
        .toList();
  }

  private static List<Event> withoutSomeAdvice(List<Event> history) {
    Event advice = firstOf(history, Event.Advised.class);
    return history.stream().filter(event -> event != advice).toList();
  }

  private static <E extends Event> E firstOf(List<Event> history, Class<E> type) {
    return history.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  /** A token that had ended is good again for a server whose clock was turned back. */
  @ParameterizedTest
  @ValueSource(strings = {"clock one hour back", "SIGSTOP"})
  void an_identity_is_not_judged_while_the_time_of_the_server_is_moved(String fault) {
    List<Event> expired =
        first(
                Event.Got.class,
                (Event.Got got) -> live(got) && !got.messages().isEmpty(),
                CheckerTest::expired)
            .apply(new Synthetic(1).history());
    List<Event> excused = new ArrayList<>(expired);
    excused.add(1, new Event.Fault(1, fault));
    excused.add(
        excused.size() - 1, new Event.Healed(excused.get(excused.size() - 2).at(), fault, 1));

    assertThat(Checker.check(expired, 0).count(Oracle.IDENTITY)).isPositive();
    assertThat(Checker.check(recount(excused), 0).count(Oracle.IDENTITY)).isZero();
  }

  @Test
  void there_are_enough_null_controls() {
    assertThat(mutations().count()).isGreaterThanOrEqualTo(20);
    assertThat(Map.copyOf(byOracle())).containsOnlyKeys(Oracle.values());
  }

  private static Map<Oracle, Long> byOracle() {
    return mutations()
        .map(arguments -> (Oracle) arguments.get()[1])
        .collect(Collectors.groupingBy(oracle -> oracle, Collectors.counting()));
  }
}
