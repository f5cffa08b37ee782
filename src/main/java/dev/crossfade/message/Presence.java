package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Role;
import dev.crossfade.model.Transport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Who is online on this node, and how. A hint for people; nothing else depends on it. Kept by shop,
 * so that no question and no change looks at people of other shops. Safe for many threads; nothing
 * here blocks.
 */
public final class Presence {

  /**
   * A short poller stays online this long after its last poll; old widgets poll every 2 to 30 s.
   */
  static final Duration POLLER_STAYS = Duration.ofSeconds(60);

  /** Beyond so many people, newcomers are not counted. */
  static final int MAX_PEOPLE = 200_000;

  public record Online(
      String shopId, String userId, Role role, Transport transport, Instant since) {}

  private static final class Person {
    final Caller caller;
    final Instant since;
    final Map<Transport, Map<String, Integer>> devices = new EnumMap<>(Transport.class);
    Instant polledAt = Instant.MIN;

    Person(Caller caller, Instant since) {
      this.caller = caller;
      this.since = since;
    }

    boolean connected() {
      return !devices.isEmpty();
    }

    boolean online(Instant now) {
      return connected()
          || !polledAt.equals(Instant.MIN) && polledAt.plus(POLLER_STAYS).isAfter(now);
    }

    /** The best that is open. */
    Transport transport() {
      return devices.containsKey(Transport.WEBSOCKET) ? Transport.WEBSOCKET : Transport.POLLING;
    }
  }

  private static final class Shop {
    final Map<String, Person> people = new HashMap<>();
    int staff;
  }

  private final Clock clock;
  private final Map<String, Shop> shops = new HashMap<>();
  private final List<Consumer<Caller>> watchers = new CopyOnWriteArrayList<>();
  private int people;

  public Presence(Clock clock) {
    this.clock = clock;
  }

  /**
   * {@code watcher} hears of everyone who comes or goes, on the thread that learnt of it. Which of
   * the two it was is asked afterwards: of two changes the later one may be told first.
   */
  public void watch(Consumer<Caller> watcher) {
    watchers.add(watcher);
  }

  /** A connection of this caller opened; {@code clientId} may be null. */
  public void arrived(Caller caller, String clientId, Transport transport) {
    arrive(
        caller,
        person ->
            person
                .devices
                .computeIfAbsent(transport, t -> new HashMap<>())
                .merge(device(caller, clientId), 1, Integer::sum));
  }

  /** What {@link #arrived} said is over. */
  public void left(Caller caller, String clientId, Transport transport) {
    Caller change = null;
    synchronized (shops) {
      Person person = person(caller);
      if (person != null) {
        person.devices.computeIfPresent(
            transport,
            (t, devices) -> {
              devices.computeIfPresent(
                  device(caller, clientId), (id, count) -> count == 1 ? null : count - 1);
              return devices.isEmpty() ? null : devices;
            });
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
    List<Caller> gone = new ArrayList<>();
    Instant now = clock.instant();
    synchronized (shops) {
      for (Shop shop : List.copyOf(shops.values())) {
        for (Person person : List.copyOf(shop.people.values())) {
          Caller change = dropIfGone(person, now);
          if (change != null) {
            gone.add(change);
          }
        }
      }
    }
    gone.forEach(this::tell);
  }

  public List<Online> online(String shopId) {
    synchronized (shops) {
      Shop shop = shops.get(shopId);
      return shop == null ? List.of() : shop.people.values().stream().map(Presence::of).toList();
    }
  }

  /** One user of a shop, where online. */
  public Optional<Online> find(String shopId, String userId) {
    synchronized (shops) {
      Shop shop = shops.get(shopId);
      return Optional.ofNullable(shop == null ? null : shop.people.get(userId)).map(Presence::of);
    }
  }

  /** How many of the shop are online. */
  public int count(String shopId) {
    synchronized (shops) {
      Shop shop = shops.get(shopId);
      return shop == null ? 0 : shop.people.size();
    }
  }

  /** Whether anybody of the shop's staff is online. */
  public boolean staffed(String shopId) {
    synchronized (shops) {
      Shop shop = shops.get(shopId);
      return shop != null && shop.staff > 0;
    }
  }

  /** Whether this device of the caller is connected here. */
  public boolean connected(Caller caller, String clientId) {
    synchronized (shops) {
      Person person = person(caller);
      return person != null
          && person.devices.values().stream().anyMatch(devices -> devices.containsKey(clientId));
    }
  }

  private static Online of(Person person) {
    return new Online(
        person.caller.shopId(),
        person.caller.userId(),
        person.caller.role(),
        person.transport(),
        person.since);
  }

  private Person person(Caller caller) {
    Shop shop = shops.get(caller.shopId());
    return shop == null ? null : shop.people.get(caller.userId());
  }

  private void arrive(Caller caller, Consumer<Person> how) {
    Caller change = null;
    synchronized (shops) {
      Person person = person(caller);
      if (person == null) {
        if (people >= MAX_PEOPLE) {
          return;
        }
        person = new Person(caller, clock.instant());
        Shop shop = shops.computeIfAbsent(caller.shopId(), id -> new Shop());
        shop.people.put(caller.userId(), person);
        shop.staff += caller.role().staff() ? 1 : 0;
        people++;
        change = caller;
      }
      how.accept(person);
    }
    tell(change);
  }

  private Caller dropIfGone(Person person, Instant now) {
    if (person.online(now)) {
      return null;
    }
    Shop shop = shops.get(person.caller.shopId());
    shop.people.remove(person.caller.userId());
    shop.staff -= person.caller.role().staff() ? 1 : 0;
    people--;
    if (shop.people.isEmpty()) {
      shops.remove(person.caller.shopId());
    }
    return person.caller;
  }

  private void tell(Caller change) {
    if (change != null) {
      watchers.forEach(watcher -> watcher.accept(change));
    }
  }

  private static String device(Caller caller, String clientId) {
    return clientId == null ? caller.userId() : clientId;
  }
}
