package dev.crossfade.rollout.gate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.store.RolloutNodes;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reports that nodes exchange, one row per node. {@link #exchange}, {@link #leave} and {@link
 * #prune} block for the database. Thread-safe.
 */
public final class Reports {

  /** The row of a departed node is deleted after this time. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofDays(7);

  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  /**
   * Jackson's default pool would keep buffers, and with them this class loader, in Tomcat's
   * threads.
   */
  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build())
          // During a rolling upgrade, newer nodes may send more fields.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final RolloutNodes table;
  private final Observations observations;
  private final Supplier<List<Client>> open;
  private final Supplier<NodeFigures> figures;
  private final String node;
  private final Clock clock;
  private boolean left;
  private volatile List<NodeReport> all = List.of();

  /**
   * @param open the clients with open sockets on this node
   * @param node a name unique to this start of this node
   */
  public Reports(
      RolloutNodes table,
      Observations observations,
      Supplier<List<Client>> open,
      Supplier<NodeFigures> figures,
      String node,
      Clock clock) {
    this.table = table;
    this.observations = observations;
    this.open = open;
    this.figures = figures;
    this.node = node;
    this.clock = clock;
  }

  /** The latest reports, except those of nodes that are gone. */
  public List<NodeReport> nodes() {
    long now = clock.millis();
    return all.stream()
        .filter(r -> !r.leaving() && now - r.at() <= Evidence.GONE_AFTER_MILLIS)
        .toList();
  }

  /** The evidence of all nodes under this assignment. */
  Evidence evidence(long assignment) {
    return Evidence.of(all, assignment, clock.millis());
  }

  /** Whether this node acts: it has the lowest name of those that report. */
  boolean leads() {
    return all.stream()
        .filter(r -> !r.leaving() && clock.millis() - r.at() <= Evidence.MISSING_AFTER_MILLIS)
        .map(NodeReport::node)
        .min(Comparator.naturalOrder())
        .filter(node::equals)
        .isPresent();
  }

  /** Publishes this node's report and reads those of the others. Throws {@code unavailable}. */
  void exchange() {
    publish(false);
    all = read();
  }

  /** Counts the open sockets, and drops observations under an earlier assignment. */
  void observe() {
    observations.open(open.get());
    observations.sweep();
  }

  /** Announces an orderly shutdown, so that the others do not wait for reports. */
  void leave() {
    publish(true);
  }

  /** Deletes the reports of nodes that are long gone. */
  void prune() {
    table.prune(clock.instant().minus(FORGOTTEN_AFTER));
  }

  /**
   * Serialized, and nothing is published after the last report: otherwise, right after a start, a
   * stop and a running tick could both insert this node's row.
   */
  private synchronized void publish(boolean leaving) {
    if (left) {
      return;
    }
    left = leaving;
    NodeReport mine =
        new NodeReport(
            node,
            observations.assignment(),
            clock.millis(),
            leaving,
            figures.get(),
            observations.counts());
    try {
      table.save(node, clock.instant(), JSON.writeValueAsString(mine));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report is always JSON", e);
    }
  }

  private List<NodeReport> read() {
    List<NodeReport> read = new ArrayList<>();
    for (String text : table.reports()) {
      try {
        read.add(JSON.readValue(text, NodeReport.class));
      } catch (JsonProcessingException ofAnotherVersion) {
        LOG.debug("a report cannot be read", ofAnotherVersion);
      }
    }
    return read;
  }
}
