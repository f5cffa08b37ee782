package dev.crossfade.chaos;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a history shows. */
final class Verdict {

  /** What can be wrong; each is one promise of protocol section 6. */
  enum Oracle {
    /** Acknowledged, and somebody who may read it never can. */
    LOST,
    /** Stored twice, or given twice to one question. */
    DOUBLED,
    /** Later numbers first, or numbers that go against the order in which sends were answered. */
    REORDERED,
    /** Two readers were shown different messages under one number. */
    DIVERGENT,
    /** A number that was never given to a reader who got a later one. */
    GAP,
    /** Shown although nobody sent it, or it was refused, or with other content. */
    PHANTOM,
    /** An answer that does not know what had been acknowledged before it was asked. */
    STALE,
    /** A cursor was skipped in silence, refused though good, or the epoch changed. */
    CURSOR,
    /** Shown on an identity that had ended. */
    IDENTITY,
    /** Shown to somebody who may not see the conversation. */
    TENANT,
    /** One client, one revision, two answers; or a higher percentage took a client off. */
    STICKY,
    /** Nothing was broken, and yet an acknowledged message took too long to be seen. */
    LATE
  }

  record Anomaly(Oracle oracle, long at, String what) {}

  /** One row of the table: a fault, or the quiet between faults, over one transport. */
  static final class Row {
    long sends;
    long acks;
    long unknown;
    long refused;
    long delivered;
    long lost;
    long doubled;
    long reordered;

    /** The longest that an acknowledged message stayed unseen by a prompt reader. */
    long darkNanos;
  }

  private static final int KEPT = 200;

  private final List<Anomaly> anomalies = new ArrayList<>();
  private final Map<Oracle, Long> counts = new EnumMap<>(Oracle.class);
  private final List<String> invalid = new ArrayList<>();
  private final Map<String, Map<String, Row>> rows = new TreeMap<>();
  private final Map<String, long[]> faults = new TreeMap<>();

  void anomaly(Oracle oracle, long at, String what) {
    counts.merge(oracle, 1L, Long::sum);
    if (anomalies.size() < KEPT) {
      anomalies.add(new Anomaly(oracle, at, what));
    }
  }

  /** The run shows nothing, for this reason. */
  void invalid(String why) {
    invalid.add(why);
  }

  Row row(String fault, String transport) {
    return rows.computeIfAbsent(fault, f -> new TreeMap<>())
        .computeIfAbsent(transport, t -> new Row());
  }

  /** {@code times} and total {@code effect} by the name of a fault. */
  void fault(String name, long effect) {
    long[] sum = faults.computeIfAbsent(name, n -> new long[2]);
    sum[0]++;
    sum[1] += effect;
  }

  Map<String, long[]> faults() {
    return faults;
  }

  Map<String, Map<String, Row>> rows() {
    return rows;
  }

  List<Anomaly> anomalies() {
    return anomalies;
  }

  long count(Oracle oracle) {
    return counts.getOrDefault(oracle, 0L);
  }

  List<String> invalid() {
    return invalid;
  }

  /** Nothing wrong was seen; says nothing about whether enough was looked at. */
  boolean clean() {
    return counts.isEmpty();
  }

  boolean valid() {
    return invalid.isEmpty();
  }

  /**
   * FAILED where something wrong was seen, else UNKNOWN where the run is not valid, else PASSED.
   */
  String word() {
    return !clean() ? "FAILED" : valid() ? "PASSED" : "UNKNOWN";
  }

  Row total() {
    Row total = new Row();
    rows.values().stream()
        .flatMap(byTransport -> byTransport.values().stream())
        .forEach(
            row -> {
              total.sends += row.sends;
              total.acks += row.acks;
              total.unknown += row.unknown;
              total.refused += row.refused;
              total.delivered += row.delivered;
              total.darkNanos = Math.max(total.darkNanos, row.darkNanos);
            });
    total.lost = count(Oracle.LOST) + count(Oracle.GAP);
    total.doubled = count(Oracle.DOUBLED);
    total.reordered = count(Oracle.REORDERED);
    return total;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(word()).append(' ').append(counts);
    invalid.forEach(why -> text.append("\n  not valid: ").append(why));
    anomalies.stream()
        .limit(20)
        .forEach(
            one ->
                text.append("\n  ")
                    .append(one.oracle())
                    .append(" at ")
                    .append(one.at() / 1_000_000)
                    .append(" ms: ")
                    .append(one.what()));
    return text.toString();
  }
}
