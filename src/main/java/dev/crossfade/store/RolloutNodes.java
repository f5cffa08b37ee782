package dev.crossfade.store;

import java.time.Instant;
import java.util.List;

/** What the nodes tell each other about the rollout. All methods block. */
public final class RolloutNodes {

  private final Database database;

  public RolloutNodes(Database database) {
    this.database = database;
  }

  /** Writes a node's report over the one before. */
  public void save(String node, Instant at, String report) {
    database.inTransaction(
        session -> {
          RolloutNodeRow row = new RolloutNodeRow();
          row.node = node;
          row.at = at;
          row.report = report;
          return session.merge(row);
        });
  }

  /** The last report of every node. */
  public List<String> reports() {
    return database.read(
        session ->
            session
                .createSelectionQuery("select report from RolloutNodeRow", String.class)
                .getResultList());
  }

  /** Forgets nodes that were not heard of since. */
  public void prune(Instant before) {
    database.inTransaction(
        session ->
            session
                .createMutationQuery("delete from RolloutNodeRow where at < :before")
                .setParameter("before", before)
                .executeUpdate());
  }
}
