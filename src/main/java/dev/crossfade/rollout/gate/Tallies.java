package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Arm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counters by kind of observation, arm and shop. Bounded. Not thread-safe. */
final class Tallies {

  /** Maximum number of shops counted separately; the rest are counted together. */
  static final int MAX_SHOPS = 200;

  static final String OTHER_SHOPS = "*";

  /** One counter; see {@link Observations.Count}. */
  static final class Tally {
    long bad;
    long good;
    long clients;
  }

  private record Key(String what, Arm arm, String shop) {}

  private final Map<Key, Tally> tallies = new HashMap<>();
  private final Set<String> shops = new HashSet<>();

  Tally of(String what, Arm arm, String shop) {
    return tallies.computeIfAbsent(new Key(what, arm, shop), key -> new Tally());
  }

  /** The name under which a shop is counted; {@code shop} may be null. */
  String named(String shop) {
    boolean known = shop != null && (shops.contains(shop) || shops.size() < MAX_SHOPS);
    if (!known) {
      return OTHER_SHOPS;
    }
    shops.add(shop);
    return shop;
  }

  /** The sum over all shops: bad, then good. */
  long[] total(String what, Arm arm) {
    long[] total = new long[2];
    tallies.forEach(
        (key, tally) -> {
          if (key.arm == arm && key.what.equals(what)) {
            total[0] += tally.bad;
            total[1] += tally.good;
          }
        });
    return total;
  }

  List<Observations.Count> counts() {
    List<Observations.Count> all = new ArrayList<>();
    tallies.forEach(
        (key, t) ->
            all.add(
                new Observations.Count(
                    key.what, key.arm.text(), key.shop, t.bad, t.good, t.clients)));
    return all;
  }

  void clear() {
    tallies.clear();
    shops.clear();
  }
}
