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

  /** One counter, in all and by minute; see {@link Observations.Count}. */
  static final class Tally {
    private long bad;
    private long good;
    private long clients;

    // By minute, modulo the longest window.
    private final int[] badAt = new int[Recent.LONGEST];
    private final int[] goodAt = new int[Recent.LONGEST];
    private long latest;

    void good(long minute) {
      advance(minute);
      good++;
      goodAt[slot(minute)]++;
    }

    /** Takes back a good observation that was made in this minute. */
    void notGood(long minute) {
      good--;
      if (minute > latest - Recent.LONGEST) {
        goodAt[slot(minute)]--;
      }
    }

    /** {@code first}: this client never had a bad one before. */
    void bad(long minute, boolean first) {
      advance(minute);
      bad++;
      clients += first ? 1 : 0;
      badAt[slot(minute)]++;
    }

    Recent recent(long minute) {
      advance(minute);
      List<Recent.Window> windows = new ArrayList<>();
      for (int length : Recent.MINUTES) {
        windows.add(new Recent.Window(sum(badAt, length), sum(goodAt, length)));
      }
      return new Recent(windows);
    }

    private void advance(long minute) {
      if (minute < latest - Recent.LONGEST) {
        // The clock was set back from a wrong time.
        latest = minute - Recent.LONGEST;
      }
      long from = Math.max(latest + 1, minute - Recent.LONGEST + 1);
      for (long m = from; m <= minute; m++) {
        badAt[slot(m)] = 0;
        goodAt[slot(m)] = 0;
      }
      latest = Math.max(latest, minute);
    }

    private long sum(int[] byMinute, int length) {
      long sum = 0;
      for (long m = latest - length + 1; m <= latest; m++) {
        sum += byMinute[slot(m)];
      }
      return sum;
    }

    private static int slot(long minute) {
      return Math.floorMod(minute, Recent.LONGEST);
    }
  }

  private record Key(String what, Arm arm, String shop) {}

  private final Map<Key, Tally> tallies = new HashMap<>();
  private final Set<String> shops = new HashSet<>();

  Tally of(String what, Arm arm, String shop) {
    return tallies.computeIfAbsent(new Key(what, arm, named(shop)), key -> new Tally());
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

  List<Observations.Count> counts(long minute) {
    List<Observations.Count> all = new ArrayList<>();
    tallies.forEach(
        (key, t) ->
            all.add(
                new Observations.Count(
                    key.what,
                    key.arm.text(),
                    key.shop,
                    t.bad,
                    t.good,
                    t.clients,
                    t.recent(minute))));
    return all;
  }

  void clear() {
    tallies.clear();
    shops.clear();
  }

  /** The name under which a shop is counted. */
  private String named(String shop) {
    if (shops.contains(shop) || shops.size() < MAX_SHOPS) {
      shops.add(shop);
      return shop;
    }
    return OTHER_SHOPS;
  }
}
