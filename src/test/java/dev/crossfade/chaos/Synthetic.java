package dev.crossfade.chaos;

import dev.crossfade.chaos.Event.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A right history, made up: one conversation, a few readers that poll and stream and change between
 * the two, unknown sends and repeats, one fault. Another seed, another history.
 */
final class Synthetic {

  static final int MESSAGES = 30;

  /** The lines from here on are last reads. */
  static final long LAST_LINES = 1_000_000;

  private static final long CONVERSATION = 1;
  private static final int READERS = 3;
  private static final long EXPIRES = Long.MAX_VALUE / 2;

  private final Random random;
  private final List<Event> events = new ArrayList<>();
  private final List<Seen> log = new ArrayList<>();
  private final int[] cursors = new int[READERS];
  private final long[] streams = new long[READERS];
  private long now;
  private long lines;

  Synthetic(long seed) {
    random = new Random(seed);
  }

  List<Event> history() {
    events.add(new Event.Began(0, 1, Map.of()));
    for (int i = 0; i < READERS; i++) {
      events.add(
          new Event.Entitled(tick(), reader(i), "u" + i, "AUTOMATIC", true, List.of(CONVERSATION)));
      events.add(new Event.Advised(tick(), reader(i), 1, 50, transport(i), reason(i)));
    }
    for (int n = 0; n < MESSAGES; n++) {
      if (n == MESSAGES / 3) {
        events.add(new Event.Fault(tick(), "cut"));
      }
      if (n == MESSAGES / 2) {
        events.add(new Event.Healed(tick(), "cut", 3));
      }
      send(n);
      for (int i = 0; i < READERS; i++) {
        if (random.nextInt(3) == 0) {
          read(i);
        }
      }
    }
    for (int i = 0; i < READERS; i++) {
      read(i);
    }
    events.add(new Event.Settled(tick()));
    for (int i = 0; i < READERS; i++) {
      lastRead(i, Event.POLLING);
      lastRead(i, Event.WEBSOCKET);
    }
    events.add(new Event.Ended(tick(), events.size()));
    return events;
  }

  private void send(int n) {
    int sender = n % READERS;
    String id = reader(sender) + "-" + n;
    String over = n % 2 == 0 ? Event.POLLING : Event.WEBSOCKET;
    int hash = id.hashCode();
    events.add(new Event.Invoked(tick(), reader(sender), over, CONVERSATION, id, hash));
    long seq = log.size() + 1;
    log.add(new Seen(seq, id, "u" + sender, hash));
    boolean unknown = random.nextInt(5) == 0;
    if (unknown) {
      events.add(new Event.Unknown(tick(), reader(sender), over, CONVERSATION, id, "timeout"));
      // It may be shown before it is repeated.
      read(random.nextInt(READERS));
      events.add(new Event.Invoked(tick(), reader(sender), over, CONVERSATION, id, hash));
    }
    events.add(new Event.Acked(tick(), reader(sender), over, CONVERSATION, id, seq, unknown));
  }

  /** One poll, or what a stream brings; now and then a reader changes its carrier. */
  private void read(int i) {
    boolean stream = streams[i] != 0;
    if (random.nextInt(4) == 0) {
      stream = !stream;
      streams[i] = 0;
    }
    if (!stream) {
      long line = ask(i, Event.POLLING, cursors[i], 100, false, ++lines);
      got(i, Event.POLLING, line, log.size(), rest(i));
    } else {
      if (streams[i] == 0) {
        streams[i] = ask(i, Event.WEBSOCKET, cursors[i], 0, false, ++lines);
        got(i, Event.WEBSOCKET, streams[i], log.size(), List.of());
      }
      got(i, Event.WEBSOCKET, streams[i], -1, rest(i));
    }
    cursors[i] = log.size();
  }

  private void lastRead(int i, String over) {
    int limit = over.equals(Event.POLLING) ? 100 : 0;
    long line = ask(i, over, 0, limit, true, LAST_LINES + ++lines);
    if (limit > 0) {
      got(i, over, line, log.size(), List.copyOf(log));
    } else {
      got(i, over, line, log.size(), List.of());
      got(i, over, line, -1, List.copyOf(log));
    }
  }

  private long ask(int i, String over, long cursor, int limit, boolean last, long line) {
    events.add(new Event.Asked(tick(), reader(i), over, CONVERSATION, line, cursor, limit, last));
    return line;
  }

  private void got(int i, String over, long line, long head, List<Seen> messages) {
    String epoch = head < 0 ? null : "e";
    events.add(
        new Event.Got(tick(), reader(i), over, CONVERSATION, line, head, epoch, EXPIRES, messages));
  }

  private List<Seen> rest(int i) {
    return List.copyOf(log.subList(cursors[i], log.size()));
  }

  private long tick() {
    now += 1_000_000 + random.nextInt(20_000_000);
    return now;
  }

  private static String reader(int i) {
    return "reader-" + i;
  }

  private static String transport(int i) {
    return i % 2 == 0 ? Event.WEBSOCKET : Event.POLLING;
  }

  private static String reason(int i) {
    return i % 2 == 0 ? "in_percent" : "out_of_percent";
  }
}
