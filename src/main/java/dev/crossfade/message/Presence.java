package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Role;
import dev.crossfade.model.Transport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Who is online on this node, and how. A hint for people; nothing else hangs on it. Safe for many
 * threads.
 */
public final class Presence {

  /**
   * A short poller is online for so long after its last question; old widgets ask every 2 to 30 s.
   */
  static final Duration POLLER_STAYS = Duration.ofSeconds(60);

  /** Beyond so many people, newcomers are not counted. */
  static final int MAX_PEOPLE = 200_000;

  public record Online(
      String shopId, String userId, Role role, Transport transport, Instant since) {}

  /** {@code online} false: has gone. */
  public record Change(Caller caller, boolean online) {}

  private static final class Person {
    final Caller caller;
    final Instant since;
    final Map<String, Integer> sockets = new HashMap<>();
    Instant polledAt = Instant.MIN;

    Person(Caller caller, Instant since) {
      this.caller = caller;
      this.since = since;
    }
  }

  private final Clock clock;
  private final Map<String, Person> people = new HashMap<>();
  private final List<Consumer<Change>> watchers = new CopyOnWriteArrayList<>();

  public Presence(Clock clock) {
    this.clock = clock;
  }

  /** {@code watcher} must not block. */
  public void watch(Consumer<Change> watcher) {
    watchers.add(watcher);
  }

  /** A socket of this caller opened; {@code clientId} may be null. */
  public void socketOpened(Caller caller, String clientId) {
    arrive(caller, person -> person.sockets.merge(device(caller, clientId), 1, Integer::sum));
  }

  public void socketClosed(Caller caller, String clientId) {
    Change change = null;
    synchronized (people) {
      Person person = people.get(caller.key());
      if (person != null) {
        person.sockets.computeIfPresent(
            device(caller, clientId), (id, count) -> count == 1 ? null : count - 1);
        change = dropIfGone(person, clock.instant());
      }
    }
    tell(change);
  }

  /** This caller asked by HTTP. */
  public void polled(Caller caller) {
    Instant now = clock.instant();
    arrive(caller, person -> person.polledAt = now);
  }

  /** Forgets pollers that have not asked for a minute. */
  public void sweep() {
    List<Change> gone = new ArrayList<>();
    Instant now = clock.instant();
    synchronized (people) {
      for (Person person : List.copyOf(people.values())) {
        Change change = dropIfGone(person, now);
        if (change != null) {
          gone.add(change);
        }
      }
    }
    gone.forEach(this::tell);
  }

  public List<Online> online(String shopId) {
    List<Online> online = new ArrayList<>();
    synchronized (people) {
      for (Person person : people.values()) {
        if (person.caller.shopId().equals(shopId)) {
          online.add(
              new Online(
                  shopId,
                  person.caller.userId(),
                  person.caller.role(),
                  person.sockets.isEmpty() ? Transport.POLLING : Transport.WEBSOCKET,
                  person.since));
        }
      }
    }
    return online;
  }

  /** Whether this device of the caller has a socket open here. */
  public boolean connected(Caller caller, String clientId) {
    synchronized (people) {
      Person person = people.get(caller.key());
      return person != null && person.sockets.containsKey(clientId);
    }
  }

  private void arrive(Caller caller, Consumer<Person> how) {
    boolean isNew;
    synchronized (people) {
      Person person = people.get(caller.key());
      isNew = person == null;
      if (isNew) {
        if (people.size() >= MAX_PEOPLE) {
          return;
        }
        person = new Person(caller, clock.instant());
        people.put(caller.key(), person);
      }
      how.accept(person);
    }
    tell(isNew ? new Change(caller, true) : null);
  }

  private Change dropIfGone(Person person, Instant now) {
    boolean polling =
        !person.polledAt.equals(Instant.MIN) && person.polledAt.plus(POLLER_STAYS).isAfter(now);
    if (!person.sockets.isEmpty() || polling) {
      return null;
    }
    people.remove(person.caller.key());
    return new Change(person.caller, false);
  }

  private void tell(Change change) {
    if (change != null) {
      watchers.forEach(watcher -> watcher.accept(change));
    }
  }

  private static String device(Caller caller, String clientId) {
    return clientId == null ? caller.userId() : clientId;
  }
}
