package dev.crossfade.chaos;

import dev.crossfade.chaos.ChatClient.Kind;
import dev.crossfade.support.Api;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** One run: a population, a nemesis, a verdict. */
final class ChaosRun {

  /** Clients come in before anything breaks. */
  private static final Duration QUIET_START = Duration.ofSeconds(5);

  /** Of one kind and transport; below it a run shows nothing. */
  private static final long ENOUGH = 50;

  /**
   * What is run.
   *
   * @param conversations each with two to five clients of its own, and two more in all
   * @param sendsPerSecond in each conversation
   * @param visitors the kinds of visitors, in turn
   * @param followers who only read, many conversations each
   * @param each whether every fault comes once and then it is over; else they come at random until
   *     {@code length} is over
   * @param hold how long a fault lasts that has no length of its own
   * @param pause how long SIGSTOP lasts
   * @param gap the quiet after a fault
   * @param settle how long, at most, until everybody has seen everything in the end
   * @param only a pattern of the names of the faults that may come
   */
  record Plan(
      long seed,
      int conversations,
      double sendsPerSecond,
      List<Kind> visitors,
      int followers,
      boolean each,
      Duration length,
      Duration hold,
      Duration pause,
      Duration gap,
      Duration settle,
      String only) {

    /** Every fault once, a few seconds each. */
    static Plan brief(long seed, String only) {
      return new Plan(
          seed,
          12,
          4,
          Workload.VISITORS,
          0,
          true,
          Duration.ZERO,
          Duration.ofSeconds(2),
          Duration.ofSeconds(6),
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          only);
    }

    /** For as long as it is told. */
    static Plan lasting(long seed, Duration length, String only) {
      return new Plan(
          seed,
          50,
          1.2,
          Workload.VISITORS,
          12,
          false,
          length,
          Duration.ofSeconds(4),
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          only);
    }

    /** For a server with a known bug: enough to find it, no time spent on waiting for the lost. */
    static Plan control(
        long seed,
        Duration quiet,
        int conversations,
        List<Kind> visitors,
        double rate,
        String only) {
      return new Plan(
          seed,
          conversations,
          rate,
          visitors,
          0,
          quiet.isZero(),
          quiet,
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofMillis(500),
          Duration.ofSeconds(6),
          only);
    }
  }

  /** A server that has just started meets all of its clients at once. */
  private static final String ARRIVAL = "everybody arrives";

  private final Plan plan;
  private final Deployment deployment;
  private final Map<String, String> settings;
  private final Path folder;

  /** {@code folder} gets {@code history.jsonl}, {@code table.md} and {@code timeline.html}. */
  ChaosRun(Plan plan, Deployment deployment, Map<String, String> settings, Path folder) {
    this.plan = plan;
    this.deployment = deployment;
    this.settings = settings;
    this.folder = folder;
  }

  /** Blocks until the run is over and judged. */
  Verdict run() throws Exception {
    Files.createDirectories(folder);
    List<Event> events;
    try (History history = new History(folder.resolve("history.jsonl"))) {
      history.add(at -> new Event.Began(at, plan.seed(), settings));
      World world = new World(history, deployment.proxy().url(), plan.seed());
      deployment.admin().percentage("50");
      Api api = new Api(deployment.tomcat().url());
      try (Workload workload =
          new Workload(
              world,
              api,
              plan.conversations(),
              plan.sendsPerSecond(),
              plan.visitors(),
              plan.followers())) {
        history.add(at -> new Event.Fault(at, ARRIVAL));
        workload.start();
        history.add(at -> new Event.Healed(at, ARRIVAL, workload.clients().size()));
        TimeUnit.MILLISECONDS.sleep(QUIET_START.toMillis());
        nemesis(history, workload);
        workload.settle(new Api(deployment.tomcat().url()), plan.settle());
      }
      history.close();
      events = history.events();
    }
    Verdict verdict = Checker.check(events, ENOUGH);
    Report.write(folder, events, verdict, settings);
    return verdict;
  }

  private void nemesis(History history, Workload workload) throws Exception {
    Random random = new Random(plan.seed());
    Faults faults = new Faults(deployment, workload, random, plan.hold(), plan.pause());
    List<String> names =
        faults.all().keySet().stream().filter(name -> name.matches(plan.only())).toList();
    long until = System.nanoTime() + plan.length().toNanos();
    if (names.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(plan.length().toMillis());
      return;
    }
    boolean late = false;
    List<String> deck = new ArrayList<>();
    for (int n = 0; plan.each() ? n < names.size() : System.nanoTime() < until; n++) {
      if (deck.isEmpty()) {
        deck.addAll(names);
        Collections.shuffle(deck, random);
      }
      String name = deck.remove(deck.size() - 1);
      history.add(at -> new Event.Fault(at, name));
      long effect = faults.all().get(name).run();
      history.add(at -> new Event.Healed(at, name, effect));
      TimeUnit.MILLISECONDS.sleep(plan.gap().toMillis());
      if (!late
          && (plan.each()
              ? n > names.size() / 2
              : System.nanoTime() > until - plan.length().toNanos() / 2)) {
        late = true;
        workload.late();
      }
    }
    if (!late) {
      workload.late();
    }
  }
}
