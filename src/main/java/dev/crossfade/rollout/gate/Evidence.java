package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Arm;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The observations of all nodes under one assignment of clients to arms. Immutable.
 *
 * @param missing nodes that have stopped reporting without announcing a shutdown
 */
public record Evidence(
    Map<String, Map<Arm, Map<String, Sum>>> sums, List<NodeReport> nodes, Set<String> missing) {

  /** A node is missing if it has not reported for this long. */
  static final long MISSING_AFTER_MILLIS = 120_000;

  /** After this long it is no longer expected back; its observations still count. */
  static final long GONE_AFTER_MILLIS = 1_800_000;

  /** See {@link Observations.Count}. */
  public record Sum(long bad, long good, long clients, Recent recent) {
    static final Sum NONE = new Sum(0, 0, 0, Recent.NONE);

    long n() {
      return bad + good;
    }

    Sum plus(Sum other) {
      return new Sum(
          bad + other.bad, good + other.good, clients + other.clients, recent.plus(other.recent));
    }
  }

  /** Sums the observations under this assignment. */
  static Evidence of(List<NodeReport> reports, long assignment, long nowMillis) {
    Map<String, Map<Arm, Map<String, Sum>>> sums = new HashMap<>();
    Set<String> missing = new TreeSet<>();
    for (NodeReport report : reports) {
      long silent = nowMillis - report.at();
      if (!report.leaving() && silent > MISSING_AFTER_MILLIS && silent <= GONE_AFTER_MILLIS) {
        missing.add(report.node());
      }
      boolean current = !report.leaving() && silent <= MISSING_AFTER_MILLIS;
      if (report.assignment() == assignment) {
        for (Observations.Count count : report.counts()) {
          if (!understood(count)) {
            continue;
          }
          Arm arm = Arm.valueOf(count.arm().toUpperCase(Locale.ROOT));
          sums.computeIfAbsent(count.what(), what -> new HashMap<>())
              .computeIfAbsent(arm, a -> new HashMap<>())
              .merge(count.shop(), sum(count, current), Sum::plus);
        }
      }
    }
    List<NodeReport> fresh =
        reports.stream()
            .filter(r -> !r.leaving() && nowMillis - r.at() <= MISSING_AFTER_MILLIS)
            .collect(Collectors.toUnmodifiableList());
    return new Evidence(sums, fresh, missing);
  }

  /** A node of another version may count otherwise. */
  private static boolean understood(Observations.Count count) {
    return count.recent() != null && count.recent().windows().size() == Recent.MINUTES.size();
  }

  /** What was the latest for a node that no longer reports says nothing of now. */
  private static Sum sum(Observations.Count count, boolean current) {
    Recent recent = current ? count.recent() : Recent.NONE;
    return new Sum(count.bad(), count.good(), count.clients(), recent);
  }

  /** The sum over all shops except {@code without}. */
  Sum sum(String what, Arm arm, Set<String> without) {
    return byShop(what, arm).entrySet().stream()
        .filter(entry -> !without.contains(entry.getKey()))
        .map(Map.Entry::getValue)
        .reduce(Sum.NONE, Sum::plus);
  }

  /**
   * WebSocket failures in a shop over all nodes: failed handshakes, early deaths and fallbacks.
   *
   * @param of client-windows observed, including the failed ones
   */
  public record ShopFailures(String shop, long failed, long of) {
    double share() {
      return (double) failed / of;
    }
  }

  /**
   * At most {@code most} shops with the highest failure rates; shops without failures are left out.
   */
  List<ShopFailures> worstShops(int most) {
    Map<String, Sum> shops = new HashMap<>();
    for (Signal signal : List.of(Signal.HANDSHAKE, Signal.EARLY_DEATH, Signal.FALLBACK)) {
      byShop(signal.text(), Arm.TREATED).forEach((shop, sum) -> shops.merge(shop, sum, Sum::plus));
    }
    return shops.entrySet().stream()
        .filter(shop -> shop.getValue().bad() > 0)
        .map(s -> new ShopFailures(s.getKey(), s.getValue().bad(), s.getValue().n()))
        .sorted(Comparator.comparingDouble(ShopFailures::share).reversed())
        .limit(most)
        .toList();
  }

  Map<String, Sum> byShop(String what, Arm arm) {
    return sums.getOrDefault(what, Map.of()).getOrDefault(arm, Map.of());
  }
}
