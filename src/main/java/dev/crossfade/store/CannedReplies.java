package dev.crossfade.store;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.persistence.LockModeType;
import java.util.List;

/** A shop's canned replies, which agents insert by shortcut. Every call blocks for a round trip. */
public final class CannedReplies {

  /** Maximum per shop; more are refused with {@code too_many}. */
  public static final int MAX_OF_SHOP = 200;

  public record Reply(String shortcut, String text) {}

  private final Database database;

  public CannedReplies(Database database) {
    this.database = database;
  }

  /** The shop's replies, sorted by shortcut. */
  public List<Reply> list(String shopId) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from CannedReplyRow where shopId = :shop order by shortcut",
                    CannedReplyRow.class)
                .setParameter("shop", shopId)
                .setMaxResults(MAX_OF_SHOP)
                .getResultList()
                .stream()
                .map(row -> new Reply(row.shortcut, row.text))
                .toList());
  }

  /**
   * Adds or replaces a reply. Locks the shop's row, so that concurrent calls cannot exceed the
   * limit.
   */
  public void save(String shopId, Reply reply) {
    database.inTransaction(
        session -> {
          if (session.find(ShopRow.class, shopId, LockModeType.PESSIMISTIC_WRITE) == null) {
            throw new ChatException(Problem.NOT_FOUND);
          }
          var key = new CannedReplyRow.Key(shopId, reply.shortcut());
          CannedReplyRow row = session.find(CannedReplyRow.class, key);
          if (row == null) {
            long count =
                session
                    .createSelectionQuery(
                        "select count(r) from CannedReplyRow r where r.shopId = :shop", Long.class)
                    .setParameter("shop", shopId)
                    .getSingleResult();
            if (count >= MAX_OF_SHOP) {
              throw new ChatException(Problem.TOO_MANY).with("limit", MAX_OF_SHOP);
            }
            row = new CannedReplyRow();
            row.shopId = shopId;
            row.shortcut = reply.shortcut();
            row.text = reply.text();
            session.persist(row);
          } else {
            row.text = reply.text();
          }
          return null;
        });
  }

  /** Removes a reply; returns whether it existed. */
  public boolean remove(String shopId, String shortcut) {
    return database.inTransaction(
        session -> {
          var key = new CannedReplyRow.Key(shopId, shortcut);
          CannedReplyRow row = session.find(CannedReplyRow.class, key);
          if (row != null) {
            session.remove(row);
          }
          return row != null;
        });
  }
}
