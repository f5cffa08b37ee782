package dev.crossfade.store;

import java.time.Instant;
import java.util.List;

/** The reports by which nodes tell each other about the rollout. All methods block. */
public final class RolloutNodes {

  private final Database database;

  public RolloutNodes(Database database) {
    this.database = database;
  }

  /** Replaces a node's report. */
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

  /** The latest report of every node. */
  public List<String> reports() {
    return database.read(
        session ->
            session
                .createSelectionQuery("select report from RolloutNodeRow", String.class)
                .getResultList());
  }

  /** Deletes nodes that have not reported since then. */
  public void prune(Instant before) {
    database.inTransaction(
        session ->
            session
                .createMutationQuery("delete from RolloutNodeRow where at < :before")
                .setParameter("before", before)
                .executeUpdate());
  }
}
