package dev.crossfade.chaos;

import dev.crossfade.chaos.ChatClient.Kind;
import dev.crossfade.chaos.ChatClient.Persona;
import dev.crossfade.support.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A population of logical clients of all kinds that talk to each other. */
final class Workload implements AutoCloseable {

  /** A visitor's own, of all kinds that a visitor has. */
  static final List<Kind> VISITORS =
      List.of(
          Kind.AUTOMATIC,
          Kind.LONG_POLL,
          Kind.SWITCHER,
          Kind.SOCKET,
          Kind.SHORT_POLL,
          Kind.SHORT_LIVED,
          Kind.SLOW);

  /** Who of the shop follows one conversation. */
  private static final List<Kind> AGENTS =
      List.of(Kind.SWITCHER, Kind.SOCKET, Kind.AUTOMATIC, Kind.LONG_POLL, Kind.SHORT_LIVED);

  /** So many conversations are followed by those who follow many. */
  private static final int MANY = 50;

  /** Every so many conversations, one in which hardly anybody speaks: polls there are held long. */
  private static final int HUSHED = 4;

  private static final String SHOP = "demo";

  private final World world;
  private final double sendsPerSecond;
  private final List<Kind> visitors;
  private final int followers;
  private final List<ChatClient> clients = new CopyOnWriteArrayList<>();
  private final List<Long> conversations = new ArrayList<>();
  private final List<Thread> senders = new CopyOnWriteArrayList<>();
  private final List<Hunter> hunters = new ArrayList<>();
  private volatile boolean sending = true;

  /**
   * @param api not through the proxy
   * @param sendsPerSecond in each conversation, by all its members
   * @param visitors the kinds of visitors, in turn
   * @param followers who only read, many conversations each, over one socket each
   */
  Workload(
      World world, Api api, int count, double sendsPerSecond, List<Kind> visitors, int followers) {
    this.world = world;
    this.sendsPerSecond = sendsPerSecond;
    this.visitors = visitors;
    this.followers = followers;
    for (int i = 0; i < count; i++) {
      conversations.add(api.as("visitor-" + i, SHOP, "visitor").open());
    }
  }

  Workload start() {
    for (int i = 0; i < conversations.size(); i++) {
      populate(i);
    }
    List<Long> some = conversations.subList(0, Math.min(MANY, conversations.size()));
    for (int i = 0; i < 2; i++) {
      ChatClient many = client("many-" + i, "agent-many-" + i, "agent", Kind.MANY, some);
      speak(many, some, sendsPerSecond);
    }
    for (int i = 0; i < followers; i++) {
      client("follower-" + i, "agent-follower-" + i, "agent", Kind.SOCKET, some);
    }
    hunters.add(new Hunter(world, "stranger", "visitor", SHOP, conversations).start());
    hunters.add(new Hunter(world, "competitor", "agent", "other", conversations).start());
    return this;
  }

  private void populate(int i) {
    List<Long> only = List.of(conversations.get(i));
    Kind kind = visitors.get(i % visitors.size());
    String visitor = "visitor-" + i;
    ChatClient first = client(visitor, visitor, "visitor", kind, only);
    if (i % 3 == 0) {
      client(visitor + "-tab", visitor, "visitor", Kind.TAB, only);
    }
    Kind agentKind = AGENTS.get(i % AGENTS.size());
    ChatClient agent = client("agent-" + i, "agent-" + i, "agent", agentKind, only);
    double rate = i % HUSHED == HUSHED - 1 ? sendsPerSecond / 10 : sendsPerSecond;
    speak(first, only, rate / 2);
    speak(agent, only, rate / 2);
  }

  /** Half-way: newcomers, who read from the beginning. */
  void late() {
    for (int i = 0; i < conversations.size(); i += 4) {
      client("late-" + i, "agent-late-" + i, "agent", Kind.LATE, List.of(conversations.get(i)));
    }
  }

  /** One more client of a fault's own. */
  ChatClient client(String name, String user, String role, Kind kind, List<Long> which) {
    ChatClient made =
        new ChatClient(world, new Persona(name, user, SHOP, role, kind, which)).start();
    clients.add(made);
    return made;
  }

  List<Long> conversations() {
    return conversations;
  }

  List<ChatClient> clients() {
    return clients;
  }

  private void speak(ChatClient client, List<Long> where, double perSecond) {
    Thread thread =
        new Thread(
            () -> {
              Random random = world.random(client.name() + " speaks");
              for (int n = 0; sending; n++) {
                pause(gapSeconds(random, perSecond));
                if (sending) {
                  String id = client.name() + "-" + n;
                  int filling = random.nextInt(20) == 0 ? 3_000 : random.nextInt(120);
                  String content = id + " 你好 " + "x".repeat(filling);
                  client.say(where.get(random.nextInt(where.size())), id, content);
                }
              }
            },
            client.name() + " speaks");
    thread.setDaemon(true);
    senders.add(thread);
    thread.start();
  }

  /** Now and then a second message right after the first, as people do. */
  private static double gapSeconds(Random random, double perSecond) {
    return random.nextInt(3) == 0
        ? 0.02 + random.nextDouble() / 5
        : Math.min(20, -Math.log(1 - random.nextDouble()) * 1.5 / perSecond);
  }

  private void pause(double seconds) {
    long until = System.nanoTime() + (long) (seconds * 1e9);
    for (long left; sending && (left = until - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(Math.min(left, 200_000_000L));
    }
  }

  /**
   * Lets nobody begin another send, waits until every send has an outcome and everybody has seen
   * everything, or too long; then everybody reads everything from the beginning, over each
   * transport. Blocks for up to some minutes.
   *
   * @param now not through the proxy
   * @param patience with each of the two waits
   */
  void settle(Api now, Duration patience) throws InterruptedException {
    sending = false;
    long until = System.nanoTime() + patience.toNanos();
    for (Thread sender : senders) {
      sender.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
    }
    hunters.forEach(Hunter::close);
    Map<Long, Long> heads = heads(now);
    until = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < until && !clients.stream().allMatch(c -> c.reached(heads))) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    world.history.add(Event.Settled::new);
    readAll(patience);
  }

  private void readAll(Duration patience) throws InterruptedException {
    ExecutorService readers = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> reading = new ArrayList<>();
      for (ChatClient client : clients) {
        reading.add(readers.submit(() -> client.readAll(patience)));
      }
      for (Future<?> one : reading) {
        try {
          one.get(Duration.ofMinutes(5).toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.ExecutionException
            | java.util.concurrent.TimeoutException e) {
          throw new IllegalStateException("a last read failed", e);
        }
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private Map<Long, Long> heads(Api now) {
    Map<Long, Long> heads = new HashMap<>();
    Api agent = now.as("agent-heads", SHOP, "agent");
    for (long conversation : conversations) {
      heads.put(
          conversation,
          agent
              .get("api/messages?limit=1&session_id=" + conversation)
              .body()
              .path("head")
              .asLong());
    }
    return heads;
  }

  @Override
  public void close() {
    sending = false;
    hunters.forEach(Hunter::close);
    clients.forEach(ChatClient::close);
  }
}
