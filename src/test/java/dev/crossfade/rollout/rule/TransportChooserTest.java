package dev.crossfade.rollout.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TransportChooserTest {

  private static final int IDS = 10_000;

  @Test
  void buckets_are_murmur3_over_salt_and_id() {
    // Reference: MurmurHash3 x86 32 of "test" with seed 0 is 0xba6bd213.
    byte[] bytes = "test".getBytes(StandardCharsets.UTF_8);
    assertThat(org.apache.commons.codec.digest.MurmurHash3.hash32x86(bytes, 0, bytes.length, 0))
        .isEqualTo(0xba6bd213);
    // Golden: another value here moves every client of every installation.
    assertThat(Buckets.bucket("crossfade-1", "abc")).isEqualTo(21);
  }

  @Test
  void a_thousand_ids_fall_where_another_implementation_says() throws IOException {
    // Golden, made by a MurmurHash3 written in another language from its description.
    try (InputStream file = getClass().getResourceAsStream("buckets.txt")) {
      List<String> lines =
          new String(file.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
      assertThat(lines).hasSize(1_000);
      for (String line : lines) {
        String[] idAndBucket = line.split(" ");
        assertThat(Buckets.bucket(Rule.FIRST_SALT, idAndBucket[0]))
            .as(line)
            .isEqualTo(Integer.parseInt(idAndBucket[1]));
      }
    }
  }

  @Test
  void the_arms_are_disjoint_equal_in_size_and_raising_reassigns_nobody() {
    for (int points : new int[] {100, 500, 2_500, 5_000}) {
      Rule lower = rule(points, true, false, Set.of(), Set.of());
      Rule higher = rule(Math.min(5_000, 2 * points), true, false, Set.of(), Set.of());
      int treated = 0;
      int control = 0;
      for (int i = 0; i < IDS; i++) {
        Client client = new Client("client-" + i, "demo");
        Arm arm = Arm.of(lower, client);
        treated += arm == Arm.TREATED ? 1 : 0;
        control += arm == Arm.CONTROL ? 1 : 0;
        assertThat(arm == null || arm == Arm.of(higher, client)).isTrue();
      }
      // Four standard deviations of the difference of two draws of that size.
      assertThat(Math.abs(treated - control)).isLessThan((int) (4 * Math.sqrt(2.0 * points)) + 1);
      assertThat(treated).isPositive();
    }
  }

  @Test
  void a_quarter_is_a_quarter_of_ten_thousand_clients() {
    int chosen = chosen(2_500).size();
    // The binomial 99.9 % band around 2,500 of 10,000: 3.29 standard deviations of 43.3.
    assertThat(chosen).isBetween(2_500 - 143, 2_500 + 143);
    assertThat(chosen(0)).isEmpty();
    assertThat(chosen(10_000)).hasSize(IDS);
  }

  @Test
  void raising_only_adds_and_lowering_only_takes_those_above_the_line() {
    Set<String> quarter = chosen(2_500);
    Set<String> more = chosen(4_000);
    assertThat(more).containsAll(quarter).hasSizeGreaterThan(quarter.size());
    assertThat(chosen(2_500)).isEqualTo(quarter);
  }

  @Test
  void another_salt_is_another_draw() {
    Set<String> first = chosen(1_000);
    long shared = first.stream().filter(id -> Buckets.bucket("crossfade-2", id) < 1_000).count();
    // Independent draws share a tenth; String.hashCode would share nine tenths.
    assertThat(shared).isBetween(50L, 150L);
  }

  @Test
  void the_rules_apply_in_their_order() {
    Rule rule = rule(10_000, true, false, Set.of("in"), Set.of("out"));
    assertThat(reason(null, "in", false)).isEqualTo("disabled");
    assertThat(reason(rule(10_000, false, true, Set.of(), Set.of()), "in", false))
        .isEqualTo("disabled");
    assertThat(reason(rule(10_000, true, true, Set.of("in"), Set.of()), "in", false))
        .isEqualTo("killed");
    assertThat(reason(rule, "out", false)).isEqualTo("denied");
    assertThat(reason(rule, null, false)).isEqualTo("no_id");
    assertThat(reason(rule, "in", true)).isEqualTo("recent_fallback");
    assertThat(reason(rule(0, true, false, Set.of("in"), Set.of()), "in", false))
        .isEqualTo("allowed");
    assertThat(reason(rule, "any", false)).isEqualTo("in_percent");
    assertThat(reason(rule(0, true, false, Set.of(), Set.of()), "any", true))
        .as("a fallback says nothing where WebSocket is not wanted")
        .isEqualTo("out_of_percent");
    assertThat(reason(rule(0, true, false, Set.of(), Set.of()), "any", false))
        .isEqualTo("out_of_percent");
  }

  @Test
  void percentages_come_in_hundredths_from_0_to_100() {
    assertThat(Rule.basisPoints(new BigDecimal("0.01"))).isEqualTo(1);
    assertThat(Rule.basisPoints(new BigDecimal("100.000"))).isEqualTo(10_000);
    for (String bad :
        new String[] {"0.001", "-1", "100.01", "1e9", "1e999999999", "1e-999999999"}) {
      assertThatThrownBy(() -> Rule.basisPoints(new BigDecimal(bad)))
          .as(bad)
          .isInstanceOf(ChatException.class);
    }
  }

  private static String reason(Rule rule, String id, boolean fellBack) {
    return TransportChooser.choose(rule, new Client(id, "demo"), fellBack).reason().text();
  }

  private static Set<String> chosen(int basisPoints) {
    Rule rule = rule(basisPoints, true, false, Set.of(), Set.of());
    return IntStream.range(0, IDS)
        .mapToObj(i -> "client-" + i)
        .filter(
            id ->
                TransportChooser.choose(rule, new Client(id, "demo"), false).transport()
                    == Transport.WEBSOCKET)
        .collect(Collectors.toSet());
  }

  private static Rule rule(
      int basisPoints, boolean enabled, boolean killed, Set<String> allow, Set<String> deny) {
    return new Rule(
        enabled,
        killed,
        basisPoints,
        Rule.FIRST_SALT,
        Rule.BY_CLIENT,
        Set.of(),
        allow,
        Set.of(),
        deny,
        Cohort.ALL,
        Buckets.COUNT,
        false,
        null,
        3,
        7,
        "test",
        "tester",
        Instant.parse("2026-11-20T12:00:00Z"));
  }
}
