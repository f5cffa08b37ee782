package dev.crossfade.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Ids for messages, from the sequence that all nodes share: each number of it stands for a block of
 * {@link #BLOCK} ids that ends with it, as the sequence counts. Ids of a transaction that failed
 * are not used again. Safe for many threads; blocks for a round trip once a block.
 */
final class MessageIds {

  /** The increment of the sequence. */
  static final int BLOCK = 100;

  private long next = 1;
  private long last;

  synchronized long next(Connection connection) throws SQLException {
    if (next > last) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("select nextval('message_ids')")) {
        row.next();
        last = row.getLong(1);
        // The first number of a sequence is its start, with no block before it.
        next = Math.max(1, last - BLOCK + 1);
      }
    }
    return next++;
  }
}
