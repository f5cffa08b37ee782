package dev.crossfade.store;

import dev.crossfade.model.Conversation;
import dev.crossfade.model.Message;
import java.util.List;
import java.util.Map;

/** Searches a shop's messages. Blocks for two round trips. */
public final class MessageSearch {

  /**
   * No index covers a substring search; after this many seconds it fails with {@code unavailable}.
   */
  private static final int MAX_SECONDS = 5;

  private static final char ESCAPE = '!';

  public record Found(Conversation conversation, Message message) {}

  private final Database database;

  public MessageSearch(Database database) {
    this.database = database;
  }

  /** The shop's messages that contain {@code words}, ignoring case, newest first. */
  public List<Found> find(String shopId, String words, int limit) {
    return database.read(
        session -> {
          List<Object[]> rows =
              session
                  .createSelectionQuery(
                      "select c, m from MessageRow m"
                          + " join ConversationRow c on c.id = m.conversationId"
                          + " where c.shopId = :shop"
                          + " and lower(m.content) like lower(:pattern) escape '!'"
                          + " order by m.createdAt desc, m.id desc",
                      Object[].class)
                  .setParameter("shop", shopId)
                  .setParameter("pattern", "%" + escaped(words) + "%")
                  .setMaxResults(limit)
                  .setTimeout(MAX_SECONDS)
                  .getResultList();
          Map<Long, List<ReceiptRow>> receipts = ConversationStore.receipts(session, rows);
          return rows.stream().map(row -> found(row, receipts)).toList();
        });
  }

  private static Found found(Object[] row, Map<Long, List<ReceiptRow>> receipts) {
    Conversation conversation = ((ConversationRow) row[0]).conversation();
    MessageRow message = (MessageRow) row[1];
    Marks marks = new Marks(receipts.getOrDefault(conversation.id(), List.of()));
    return new Found(conversation, message.message(marks.status(message.senderId, message.seq)));
  }

  /** Escapes wildcards. */
  static String escaped(String words) {
    StringBuilder out = new StringBuilder(words.length() + 8);
    for (char c : words.toCharArray()) {
      if (c == ESCAPE || c == '%' || c == '_') {
        out.append(ESCAPE);
      }
      out.append(c);
    }
    return out.toString();
  }
}
