package dev.crossfade.rollout.toggle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.store.ToggleTable.Stored;
import java.util.Map;
import java.util.TreeMap;

/** A rule as stored in the database: Togglz parameters as a JSON object of strings. Pure. */
final class StoredRule {

  static final String FEATURE = CrossfadeFeature.WEBSOCKET.name();

  /**
   * Jackson's default pool would keep buffers, and with them this class loader, in Tomcat's
   * threads.
   */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build())
          .build();

  private static final TypeReference<TreeMap<String, String>> PARAMETERS = new TypeReference<>() {};

  private StoredRule() {}

  static Stored of(Rule rule) {
    try {
      String parameters = MAPPER.writeValueAsString(RuleParameters.of(rule));
      return new Stored(FEATURE, rule.enabled(), PercentStrategy.ID, parameters, rule.revision());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings is always JSON", e);
    }
  }

  /**
   * Parses the stored form; throws IllegalArgumentException or {@code bad_parameter} for anything
   * that {@link #of} did not write.
   */
  static Rule rule(Stored stored) {
    try {
      Map<String, String> parameters = MAPPER.readValue(stored.parameters(), PARAMETERS);
      return RuleParameters.rule(stored.enabled(), parameters);
    } catch (JsonProcessingException damaged) {
      throw new IllegalArgumentException("the stored toggle cannot be read", damaged);
    }
  }
}
