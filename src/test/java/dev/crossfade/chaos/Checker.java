package dev.crossfade.chaos;

import dev.crossfade.chaos.Event.Seen;
import dev.crossfade.chaos.Verdict.Oracle;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Judges a history: a pure function of its events, in one pass and one look back. Knows nothing of
 * the server but protocol section 6. Memory grows with the messages, not with the deliveries.
 */
final class Checker {

  /** Protocol section 6, 5: nothing is received on an ended identity after so long. */
  static final long IDENTITY_GRACE = TimeUnit.SECONDS.toNanos(5);

  /** With nothing broken, an acknowledged message is seen within; a sweep repairs after 2 s. */
  static final long PROMPT = TimeUnit.SECONDS.toNanos(5);

  /** After a fault has healed, clients need so long to find back; lateness is not judged then. */
  static final long RECOVERY = TimeUnit.SECONDS.toNanos(15);

  /** What happens so soon after a fault is still counted to it in the table. */
  private static final long AFTERMATH = TimeUnit.SECONDS.toNanos(3);

  private static final String QUIET = "(quiet)";

  /** One message that somebody tried to send. */
  private static final class Sent {
    final int hash;
    final long ackedWhenInvoked;
    boolean unknown;
    boolean refused;
    long seq;
    boolean seen;

    Sent(int hash, long ackedWhenInvoked) {
      this.hash = hash;
      this.ackedWhenInvoked = ackedWhenInvoked;
    }
  }

  private static final class Acknowledgement {
    final long at;
    final String id;
    final String fault;
    final String transport;

    Acknowledgement(long at, String id, String fault, String transport) {
      this.at = at;
      this.id = id;
      this.fault = fault;
      this.transport = transport;
    }
  }

  private static final class Conversation {
    final Map<Long, Seen> log = new HashMap<>();
    final Map<Long, Acknowledgement> acked = new HashMap<>();
    final Map<String, Sent> sent = new HashMap<>();
    final Map<String, Long> seqOf = new HashMap<>();
    long maxAcked;
    long head;
  }

  /** One question and what has answered it. */
  private static final class Line {
    final Event.Asked asked;
    final long ackedWhenAsked;
    long place;
    long head = -1;
    TreeSet<Long> missing;

    Line(Event.Asked asked, long ackedWhenAsked) {
      this.asked = asked;
      this.ackedWhenAsked = ackedWhenAsked;
      this.place = asked.cursor();
    }
  }

  /** One client in one conversation. */
  private static final class Reader {
    final BitSet live = new BitSet();
    final Map<String, BitSet> last = new HashMap<>();
    final Set<String> finished = new HashSet<>();
    boolean askedLast;
    long since = Long.MAX_VALUE;
  }

  private final Map<Long, Conversation> conversations = new HashMap<>();
  private final Map<Long, Line> lines = new HashMap<>();
  private final Map<String, Event.Entitled> clients = new HashMap<>();
  private final Map<String, Map<Long, Reader>> readers = new HashMap<>();
  private final Map<String, String> adviceByRevision = new HashMap<>();
  private final Map<String, double[]> adviceByPercentage = new HashMap<>();
  private final Map<String, Long> open = new HashMap<>();
  private final List<long[]> windows = new ArrayList<>();
  private final List<long[]> timeless = new ArrayList<>();
  private final Map<String, Long> acksBy = new HashMap<>();
  private final Map<String, Long> deliveredBy = new HashMap<>();
  private final long enough;
  private final Verdict verdict = new Verdict();
  private String fault = QUIET;
  private long faultOver = Long.MIN_VALUE;
  private long ackedWhenSettled = -1;
  private String epoch;
  private boolean began;
  private boolean ended;

  private Checker(long enough) {
    this.enough = enough;
  }

  /**
   * @param enough acknowledgements and deliveries, on each transport, below which a run shows
   *     nothing
   */
  static Verdict check(List<Event> history, long enough) {
    Checker checker = new Checker(enough);
    for (int i = 0; i < history.size(); i++) {
      checker.take(history.get(i), i);
    }
    checker.lookBack();
    return checker.verdict;
  }

  private void take(Event event, long index) {
    if (fault != QUIET && open.isEmpty() && event.at() > faultOver) {
      fault = QUIET;
    }
    if (event instanceof Event.Got got) {
      got(got);
    } else if (event instanceof Event.Asked asked) {
      asked(asked);
    } else if (event instanceof Event.Invoked invoked) {
      invoked(invoked);
    } else if (event instanceof Event.Acked acked) {
      acked(acked);
    } else if (event instanceof Event.Refused refused) {
      refused(refused);
    } else if (event instanceof Event.Unknown unknown) {
      verdict.row(fault, unknown.transport()).unknown++;
      sent(unknown.conversation(), unknown.id()).unknown = true;
    } else if (event instanceof Event.Told told) {
      told(told);
    } else if (event instanceof Event.Advised advised) {
      advised(advised);
    } else if (event instanceof Event.Entitled entitled) {
      clients.put(entitled.client(), entitled);
      Map<Long, Reader> mine = new HashMap<>();
      entitled.conversations().forEach(id -> mine.put(id, new Reader()));
      readers.put(entitled.client(), mine);
    } else if (event instanceof Event.Fault begins) {
      open.put(begins.name(), begins.at());
      fault = begins.name();
    } else if (event instanceof Event.Healed healed) {
      healed(healed);
    } else if (event instanceof Event.Settled) {
      settled();
    } else if (event instanceof Event.Began) {
      began = index == 0;
    } else if (event instanceof Event.Ended last) {
      ended = true;
      if (last.events() != index) {
        verdict.invalid("the history has " + index + " events, not " + last.events());
      }
    }
  }

  // ---- sends

  private void invoked(Event.Invoked invoked) {
    verdict.row(fault, invoked.transport()).sends++;
    Conversation at = conversation(invoked.conversation());
    at.sent.computeIfAbsent(invoked.id(), id -> new Sent(invoked.hash(), at.maxAcked)).refused =
        false;
  }

  private void acked(Event.Acked acked) {
    verdict.row(fault, acked.transport()).acks++;
    acksBy.merge(acked.transport(), 1L, Long::sum);
    Conversation at = conversation(acked.conversation());
    if (!entitled(acked.client(), acked.conversation())) {
      verdict.anomaly(
          Oracle.TENANT, acked.at(), acked.client() + " could write to " + acked.conversation());
    }
    Sent sent = sent(acked.conversation(), acked.id());
    if (sent.seq != 0 && sent.seq != acked.seq()) {
      doubled(
          acked.at(),
          acked.transport(),
          acked.id() + " stored as " + sent.seq + ", " + acked.seq());
    }
    Acknowledgement before = at.acked.get(acked.seq());
    if (before != null && !before.id.equals(acked.id())) {
      verdict.anomaly(
          Oracle.DIVERGENT,
          acked.at(),
          "seq " + acked.seq() + " acknowledged to " + before.id + " and to " + acked.id());
    }
    if (sent.seq == 0 && acked.seq() <= sent.ackedWhenInvoked) {
      reordered(
          acked.at(),
          acked.transport(),
          acked.id()
              + " got "
              + acked.seq()
              + " after "
              + sent.ackedWhenInvoked
              + " was acknowledged");
    }
    sent.seq = acked.seq();
    if (before == null) {
      at.acked.put(
          acked.seq(), new Acknowledgement(acked.at(), acked.id(), fault, acked.transport()));
    }
    at.maxAcked = Math.max(at.maxAcked, acked.seq());
    at.head = Math.max(at.head, acked.seq());
    stored(at, acked.at(), acked.transport(), acked.id(), acked.seq());
  }

  private void refused(Event.Refused refused) {
    verdict.row(fault, refused.transport()).refused++;
    Sent sent = sent(refused.conversation(), refused.id());
    // After an unknown try a refusal speaks of the repeat only: the first may be stored.
    sent.refused = !sent.unknown && sent.seq == 0;
  }

  /** One id is one message. */
  private void stored(Conversation at, long when, String transport, String id, long seq) {
    Long before = at.seqOf.putIfAbsent(id, seq);
    if (before != null && before != seq) {
      doubled(when, transport, id + " is stored as " + before + " and as " + seq);
    }
  }

  // ---- reads

  private void asked(Event.Asked asked) {
    lines.put(asked.line(), new Line(asked, conversation(asked.conversation()).maxAcked));
    Reader reader = reader(asked.client(), asked.conversation());
    if (reader != null) {
      reader.since = Math.min(reader.since, asked.at());
    }
    if (asked.last() && reader != null && !reader.askedLast) {
      reader.askedLast = true;
      late(asked, reader);
    }
  }

  /** By the last reads, a client that was never told to stop has seen everything by itself. */
  private void late(Event.Asked asked, Reader reader) {
    Conversation at = conversation(asked.conversation());
    for (Map.Entry<Long, Acknowledgement> one : at.acked.entrySet()) {
      if (!reader.live.get(Math.toIntExact(one.getKey())) && one.getKey() <= at.maxAcked) {
        verdict.anomaly(
            Oracle.LATE,
            asked.at(),
            asked.client()
                + " had not been shown seq "
                + one.getKey()
                + " of "
                + asked.conversation()
                + " when the run ended");
        return;
      }
    }
  }

  private void got(Event.Got got) {
    Line line = lines.get(got.line());
    if (line == null) {
      verdict.invalid("an answer to a question that nobody asked: " + got.line());
      return;
    }
    Conversation at = conversation(got.conversation());
    Reader reader = reader(got.client(), got.conversation());
    if (reader == null) {
      verdict.anomaly(Oracle.TENANT, got.at(), got.client() + " could read " + got.conversation());
      return;
    }
    if (!got.messages().isEmpty()
        && got.at() > got.expiresAt() + IDENTITY_GRACE
        && !timeMoved(got.expiresAt(), got.at())) {
      verdict.anomaly(
          Oracle.IDENTITY,
          got.at(),
          got.client()
              + " was shown messages "
              + (got.at() - got.expiresAt()) / 1_000_000
              + " ms after its identity ended, over "
              + got.transport());
    }
    epoch(got);
    for (Seen seen : got.messages()) {
      message(got, line, at, reader, seen);
    }
    if (got.head() >= 0) {
      answered(got, line);
    }
    line.head = Math.max(line.head, got.head());
    if (line.asked.last() && line.head >= 0 && line.place >= line.head) {
      reader.finished.add(got.transport());
    }
  }

  private void message(Event.Got got, Line line, Conversation at, Reader reader, Seen seen) {
    int seq = Math.toIntExact(seen.seq());
    inLine(got, line, seen.seq());
    at.head = Math.max(at.head, seq);
    Seen before = at.log.putIfAbsent(seen.seq(), seen);
    if (before != null && !before.equals(seen)) {
      verdict.anomaly(
          Oracle.DIVERGENT,
          got.at(),
          "seq " + seq + " of " + got.conversation() + " is " + before.id() + " and " + seen.id());
    }
    Sent sent = at.sent.get(seen.id());
    if (sent == null || sent.hash != seen.hash()) {
      verdict.anomaly(
          Oracle.PHANTOM,
          got.at(),
          seen.id() + (sent == null ? " was never sent" : " has other content than was sent"));
    } else {
      sent.seen = true;
      stored(at, got.at(), got.transport(), seen.id(), seen.seq());
    }
    if (line.asked.last()) {
      Acknowledgement acked = at.acked.get(seen.seq());
      if (acked == null || acked.id.equals(seen.id())) {
        reader.last.computeIfAbsent(got.transport(), t -> new BitSet()).set(seq);
      }
    } else if (!reader.live.get(seq)) {
      reader.live.set(seq);
      Verdict.Row row = verdict.row(fault, got.transport());
      row.delivered++;
      deliveredBy.merge(got.transport(), 1L, Long::sum);
      waited(got, reader, at.acked.get(seen.seq()), row);
    }
  }

  /** One answer, or one stream, goes up by one from the cursor that was asked from. */
  private void inLine(Event.Got got, Line line, long seq) {
    if (seq == line.place + 1) {
      line.place = seq;
    } else if (seq > line.place) {
      line.missing = line.missing == null ? new TreeSet<>() : line.missing;
      for (long hole = line.place + 1; hole < seq && line.missing.size() < 1000; hole++) {
        line.missing.add(hole);
      }
      line.place = seq;
    } else if (line.missing != null && line.missing.remove(seq)) {
      reordered(
          got.at(), got.transport(), got.client() + " was shown " + seq + " after " + line.place);
    } else {
      doubled(
          got.at(),
          got.transport(),
          got.client() + " was shown " + seq + " of " + got.conversation() + " again in one line");
    }
  }

  private void waited(Event.Got got, Reader reader, Acknowledgement acknowledged, Verdict.Row row) {
    Event.Entitled client = clients.get(got.client());
    if (acknowledged == null || !client.prompt() || acknowledged.at < reader.since) {
      return;
    }
    long nanos = got.at() - acknowledged.at;
    row.darkNanos = Math.max(row.darkNanos, nanos);
    if (nanos > PROMPT && quiet(acknowledged.at, got.at())) {
      verdict.anomaly(
          Oracle.LATE,
          got.at(),
          got.client()
              + " was shown "
              + acknowledged.id
              + " "
              + nanos / 1_000_000
              + " ms after it was acknowledged, with nothing broken");
    }
  }

  /** What an answer says of the whole conversation. */
  private void answered(Event.Got got, Line line) {
    Event.Asked asked = line.asked;
    if (got.head() < asked.cursor()) {
      verdict.anomaly(
          Oracle.CURSOR,
          got.at(),
          got.client()
              + " asked after "
              + asked.cursor()
              + " and was told of a head of "
              + got.head());
    }
    // An answer without messages, but with a head, says "not yet": a poll whose time was over.
    boolean endsEarly =
        !got.messages().isEmpty() && got.messages().size() < asked.limit() && !got.full();
    long covered = endsEarly ? line.place : Long.MAX_VALUE;
    if (got.head() < line.ackedWhenAsked || covered < line.ackedWhenAsked) {
      verdict.anomaly(
          Oracle.STALE,
          got.at(),
          got.client()
              + " asked when "
              + line.ackedWhenAsked
              + " was acknowledged, and was told "
              + Math.min(got.head(), covered));
    }
  }

  private void epoch(Event.Got got) {
    if (got.epoch() == null) {
      return;
    }
    if (epoch == null) {
      epoch = got.epoch();
    } else if (!epoch.equals(got.epoch())) {
      verdict.anomaly(
          Oracle.CURSOR, got.at(), "the epoch changed from " + epoch + " to " + got.epoch());
    }
  }

  private void told(Event.Told told) {
    Line line = lines.get(told.line());
    boolean aboutCursor = told.code().startsWith("cursor_") || told.code().equals("epoch_changed");
    if (line != null && aboutCursor && line.asked.cursor() <= line.ackedWhenAsked) {
      verdict.anomaly(
          Oracle.CURSOR,
          told.at(),
          told.client() + " was refused a good cursor " + line.asked.cursor() + ": " + told.code());
    }
  }

  // ---- the toggle

  private void advised(Event.Advised advised) {
    if (!advised.reason().equals("in_percent") && !advised.reason().equals("out_of_percent")) {
      return;
    }
    String key = advised.client() + " at revision " + advised.revision();
    String before = adviceByRevision.putIfAbsent(key, advised.transport());
    if (before != null && !before.equals(advised.transport())) {
      verdict.anomaly(Oracle.STICKY, advised.at(), key + " was told both");
    }
    // The lowest percentage that meant WebSocket, the highest that meant polling.
    double[] line =
        adviceByPercentage.computeIfAbsent(
            advised.client(), c -> new double[] {Double.MAX_VALUE, -1});
    if (advised.transport().equals(Event.WEBSOCKET)) {
      line[0] = Math.min(line[0], advised.percentage());
    } else {
      line[1] = Math.max(line[1], advised.percentage());
    }
    if (line[0] <= line[1]) {
      verdict.anomaly(
          Oracle.STICKY,
          advised.at(),
          advised.client() + ": WebSocket at " + line[0] + " %, polling at " + line[1] + " %");
    }
  }

  // ---- faults

  private void healed(Event.Healed healed) {
    Long begins = open.remove(healed.name());
    if (begins == null) {
      verdict.invalid("a fault healed that had not begun: " + healed.name());
      return;
    }
    windows.add(new long[] {begins, healed.at() + RECOVERY});
    if (movesTime(healed.name())) {
      timeless.add(new long[] {begins, healed.at() + IDENTITY_GRACE});
    }
    faultOver = healed.at() + AFTERMATH;
    verdict.fault(healed.name(), healed.effect());
    if (healed.effect() <= 0) {
      verdict.invalid("the fault " + healed.name() + " had no effect");
    }
  }

  private boolean quiet(long from, long to) {
    boolean within = windows.stream().anyMatch(w -> w[0] < to && from < w[1]);
    return !within && open.isEmpty();
  }

  /** Whether the server's clock was turned in this time, or its process did not run. */
  private boolean timeMoved(long from, long to) {
    boolean now = open.keySet().stream().anyMatch(Checker::movesTime);
    return now || timeless.stream().anyMatch(w -> w[0] < to && from < w[1]);
  }

  private static boolean movesTime(String fault) {
    return fault.startsWith("clock") || fault.equals("SIGSTOP");
  }

  private void settled() {
    ackedWhenSettled = conversations.values().stream().mapToLong(c -> c.acked.size()).sum();
    open.keySet().forEach(name -> verdict.invalid("the fault " + name + " was never healed"));
  }

  // ---- the look back

  private void lookBack() {
    if (!began || !ended) {
      verdict.invalid("the history has no beginning or no end");
    }
    if (ackedWhenSettled < 0) {
      verdict.invalid("the run never settled");
    }
    for (String transport : List.of(Event.POLLING, Event.WEBSOCKET)) {
      if (acksBy.getOrDefault(transport, 0L) < enough
          || deliveredBy.getOrDefault(transport, 0L) < enough) {
        verdict.invalid("fewer than " + enough + " sends or deliveries over " + transport);
      }
    }
    lines.values().forEach(this::holes);
    conversations.values().forEach(this::phantoms);
    readers.forEach((client, mine) -> mine.forEach((id, reader) -> lost(client, id, reader)));
  }

  private void holes(Line line) {
    if (line.missing != null && !line.missing.isEmpty()) {
      verdict.anomaly(
          Oracle.GAP,
          line.asked.at(),
          line.asked.client()
              + " was never shown "
              + line.missing
              + " of "
              + line.asked.conversation());
    }
  }

  private void phantoms(Conversation at) {
    at.sent.forEach(
        (id, sent) -> {
          if (sent.refused && sent.seen) {
            verdict.anomaly(Oracle.PHANTOM, 0, id + " was refused, and shown");
          }
        });
  }

  private void lost(String client, long id, Reader reader) {
    Conversation at = conversation(id);
    for (String transport : List.of(Event.POLLING, Event.WEBSOCKET)) {
      if (!reader.finished.contains(transport)) {
        verdict.invalid("no last read of " + id + " by " + client + " over " + transport);
        continue;
      }
      BitSet seen = reader.last.getOrDefault(transport, new BitSet());
      for (int seq = seen.nextClearBit(1); seq <= at.head; seq = seen.nextClearBit(seq + 1)) {
        Acknowledgement acked = at.acked.get((long) seq);
        String what = acked == null ? "seq " + seq : acked.id + " (seq " + seq + ")";
        verdict.anomaly(
            Oracle.LOST, acked == null ? 0 : acked.at, what + " of " + id + " for " + client);
        if (acked != null) {
          verdict.row(acked.fault, acked.transport).lost++;
        }
      }
    }
  }

  // ---- small things

  private void doubled(long at, String transport, String what) {
    verdict.anomaly(Oracle.DOUBLED, at, what);
    verdict.row(fault, transport).doubled++;
  }

  private void reordered(long at, String transport, String what) {
    verdict.anomaly(Oracle.REORDERED, at, what);
    verdict.row(fault, transport).reordered++;
  }

  private Conversation conversation(long id) {
    return conversations.computeIfAbsent(id, c -> new Conversation());
  }

  private Sent sent(long conversation, String id) {
    Conversation at = conversation(conversation);
    return at.sent.computeIfAbsent(id, i -> new Sent(0, at.maxAcked));
  }

  private boolean entitled(String client, long conversation) {
    return reader(client, conversation) != null;
  }

  /** Null where this client may not see this conversation. */
  private Reader reader(String client, long conversation) {
    return readers.getOrDefault(client, Map.of()).get(conversation);
  }
}
