package dev.crossfade.rollout;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Text;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.togglz.core.repository.FeatureState;

/**
 * Who gets WebSocket, as ops last said. Immutable; the parameters of the Togglz feature state in
 * our own words.
 *
 * @param basisPoints hundredths of a percent, 0 to 10,000
 * @param bucketBy {@code client} or {@code shop}
 * @param revision counts every change, from 1
 */
public record Rule(
    boolean enabled,
    boolean killed,
    int basisPoints,
    String salt,
    String bucketBy,
    Set<String> allowShops,
    Set<String> allowClients,
    Set<String> denyShops,
    Set<String> denyClients,
    long revision,
    String reason,
    String updatedBy,
    Instant updatedAt) {

  public static final String FIRST_SALT = "crossfade-1";
  public static final String BY_CLIENT = "client";
  public static final String BY_SHOP = "shop";

  /** Ids in one list. */
  static final int MAX_LISTED = 200;

  static final int MAX_REASON_CHARS = 500;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

  /** A new installation: switched on at 0 %, so that raising the percentage is all it takes. */
  static Rule first(Instant now) {
    return new Rule(
        true,
        false,
        0,
        FIRST_SALT,
        BY_CLIENT,
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        1,
        "installation",
        "crossfade",
        now);
  }

  /** The percentage with two digits, such as 25.00. */
  public BigDecimal percentage() {
    return BigDecimal.valueOf(basisPoints, 2);
  }

  /** Reads a percentage of 0 to 100 in steps of 0.01; throws {@code bad_parameter} for others. */
  public static int basisPoints(BigDecimal percentage) {
    try {
      // Refused before it is written out in full: 1e999999999 is a short number.
      if (percentage.precision() - percentage.scale() > 3 || percentage.scale() > 50) {
        throw ChatException.badParameter("percentage");
      }
      int points =
          percentage.movePointRight(2).setScale(0, RoundingMode.UNNECESSARY).intValueExact();
      if (points < 0 || points > Buckets.COUNT) {
        throw ChatException.badParameter("percentage");
      }
      return points;
    } catch (ArithmeticException tooFine) {
      throw ChatException.badParameter("percentage");
    }
  }

  Rule change(Change change, long newRevision, String actor, Instant now) {
    return new Rule(
        or(change.enabled(), enabled),
        or(change.killed(), killed),
        or(change.basisPoints(), basisPoints),
        or(change.salt(), salt),
        or(change.bucketBy(), bucketBy),
        or(change.allowShops(), allowShops),
        or(change.allowClients(), allowClients),
        or(change.denyShops(), denyShops),
        or(change.denyClients(), denyClients),
        newRevision,
        change.reason(),
        actor,
        now);
  }

  /**
   * What is to change; null stays as it is.
   *
   * @param reason why, for the audit log; never blank
   */
  public record Change(
      Boolean enabled,
      Boolean killed,
      Integer basisPoints,
      String salt,
      String bucketBy,
      Set<String> allowShops,
      Set<String> allowClients,
      Set<String> denyShops,
      Set<String> denyClients,
      String reason) {

    /** Throws {@code missing_field} or {@code bad_parameter}. */
    public Change {
      if (reason == null) {
        throw ChatException.missing("reason");
      }
      if (Text.label("reason", reason, MAX_REASON_CHARS) == null) {
        throw ChatException.badParameter("reason");
      }
      if (salt != null) {
        Text.identifier("salt", salt);
      }
      if (bucketBy != null && !bucketBy.equals(BY_CLIENT) && !bucketBy.equals(BY_SHOP)) {
        throw ChatException.badParameter("bucket_by");
      }
      check("allow_shops", allowShops);
      check("allow_clients", allowClients);
      check("deny_shops", denyShops);
      check("deny_clients", denyClients);
    }

    static Change kill(String reason) {
      return new Change(null, true, null, null, null, null, null, null, null, reason);
    }

    static Change unkill(String reason, int basisPoints) {
      return new Change(null, false, basisPoints, null, null, null, null, null, null, reason);
    }

    private static void check(String name, Set<String> ids) {
      if (ids != null && (ids.size() > MAX_LISTED || !ids.stream().allMatch(Text::isIdentifier))) {
        throw ChatException.badParameter(name);
      }
    }
  }

  /** As Togglz keeps it: the flag, our strategy, and every field a declared parameter of it. */
  FeatureState state() {
    FeatureState state = new FeatureState(CrossfadeFeature.WEBSOCKET, enabled);
    state.setStrategyId(PercentStrategy.ID);
    parameters().forEach(state::setParameter);
    return state;
  }

  Map<String, String> parameters() {
    Map<String, String> all = new TreeMap<>();
    all.put("percentage", percentage().toPlainString());
    all.put("salt", salt);
    all.put("bucketBy", bucketBy);
    all.put("allowShops", join(allowShops));
    all.put("allowClients", join(allowClients));
    all.put("denyShops", join(denyShops));
    all.put("denyClients", join(denyClients));
    all.put("killed", Boolean.toString(killed));
    all.put("revision", Long.toString(revision));
    all.put("reason", reason);
    all.put("updatedBy", updatedBy);
    all.put("updatedAt", updatedAt.toString());
    return all;
  }

  /**
   * The one JSON form of a rule: what {@code GET api/rollout} answers, and what the audit log
   * keeps.
   */
  public String json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("enabled", enabled);
    json.put("percentage", percentage());
    json.put("revision", revision);
    json.put("salt", salt);
    json.put("bucket_by", bucketBy);
    json.set("allow_shops", array(allowShops));
    json.set("allow_clients", array(allowClients));
    json.set("deny_shops", array(denyShops));
    json.set("deny_clients", array(denyClients));
    json.put("killed", killed);
    json.put("updated_by", updatedBy);
    json.put("updated_at", updatedAt.toString());
    json.put("reason", reason);
    return json.toString();
  }

  private static ArrayNode array(Set<String> ids) {
    ArrayNode array = JSON.createArrayNode();
    new TreeSet<>(ids).forEach(array::add);
    return array;
  }

  /**
   * The reverse of {@link #state}; throws IllegalArgumentException for a state that is not ours.
   */
  static Rule of(FeatureState state) {
    Map<String, String> p = state.getParameterMap();
    return new Rule(
        state.isEnabled(),
        Boolean.parseBoolean(p.get("killed")),
        basisPoints(new BigDecimal(p.getOrDefault("percentage", "0"))),
        p.getOrDefault("salt", FIRST_SALT),
        p.getOrDefault("bucketBy", BY_CLIENT),
        split(p.get("allowShops")),
        split(p.get("allowClients")),
        split(p.get("denyShops")),
        split(p.get("denyClients")),
        Long.parseLong(p.getOrDefault("revision", "0")),
        p.getOrDefault("reason", ""),
        p.getOrDefault("updatedBy", ""),
        Instant.parse(p.getOrDefault("updatedAt", "1970-01-01T00:00:00Z")));
  }

  private static String join(Set<String> ids) {
    return String.join(",", new TreeSet<>(ids));
  }

  private static Set<String> split(String joined) {
    return joined == null || joined.isEmpty()
        ? Set.of()
        : Arrays.stream(joined.split(",")).collect(Collectors.toUnmodifiableSet());
  }

  private static <T> T or(T changed, T before) {
    return changed == null ? before : changed;
  }
}
