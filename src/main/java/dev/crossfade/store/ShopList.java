package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Message;
import dev.crossfade.store.ConversationStore.Listed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.Session;

/**
 * A shop's list of conversations, read once for all its staff. Each member gets the same view as
 * from a query of their own. Immutable.
 *
 * <p>Only the unread count differs between members. seq is dense, so the count is {@code head -
 * read - own}: the messages up to the head, less those this member has read, less those they wrote
 * after that.
 */
public final class ShopList {

  /** The empty list, before the first read. */
  public static final ShopList EMPTY = new ShopList(List.of());

  /** The author of a message who has not marked it as read. */
  private record Author(long seq, String userId) {}

  /**
   * @param authors authors of messages up to the head that they have not marked as read, in order
   *     of seq; authors never change and marks never go back, so only new messages must be read
   * @param own number of those messages by author
   */
  private record Row(
      Conversation conversation,
      Message last,
      long notes,
      Map<String, Long> read,
      List<Author> authors,
      Map<String, Long> own) {

    Listed of(Caller caller) {
      String me = caller.userId();
      // The mark was read after the head and may be ahead of it.
      long after = Math.max(0, conversation.head() - read.getOrDefault(me, 0L));
      return new Listed(conversation, after - own.getOrDefault(me, 0L), last, notes);
    }
  }

  private final List<Row> rows;

  private ShopList(List<Row> rows) {
    this.rows = rows;
  }

  /** The list as this member of staff sees it, newest first. Does not block. */
  public List<Listed> of(Caller staff) {
    return rows.stream().map(row -> row.of(staff)).toList();
  }

  /**
   * Reads heads, then authors, then marks: in this order the three statements agree. The messages
   * up to a head are visible once the head is, and an author excluded by one mark is excluded by
   * every later one.
   */
  static ShopList read(Session session, String shopId, Boolean open, ShopList previous) {
    List<Object[]> found = conversations(session, shopId, open);
    Map<Long, List<Author>> authors = authors(session, found, previous);
    Map<Long, List<ReceiptRow>> receipts = ConversationStore.receipts(session, found);
    return new ShopList(
        found.stream()
            .map(
                row -> {
                  long id = ((ConversationRow) row[0]).id;
                  Marks marks = new Marks(receipts.getOrDefault(id, List.of()));
                  return row(row, marks, authors.getOrDefault(id, List.of()));
                })
            .toList());
  }

  private static Row row(Object[] row, Marks marks, List<Author> authors) {
    Map<String, Long> read = marks.readByUser();
    List<Author> unread =
        authors.stream().filter(one -> one.seq() > read.getOrDefault(one.userId(), 0L)).toList();
    return new Row(
        ((ConversationRow) row[0]).conversation(),
        ConversationStore.last((MessageRow) row[1], marks),
        (Long) row[2],
        read,
        unread,
        unread.stream().collect(Collectors.groupingBy(Author::userId, Collectors.counting())));
  }

  private static List<Object[]> conversations(Session session, String shopId, Boolean open) {
    var query =
        session
            .createSelectionQuery(
                "select c, m, (select count(k) from NoteRow k where k.conversationId = c.id)"
                    + " from ConversationRow c"
                    + " left join MessageRow m on m.conversationId = c.id and m.seq = c.head"
                    + " where c.shopId = :shop"
                    + (open == null ? "" : " and c.status = :status")
                    + " order by c.updatedAt desc, c.id desc",
                Object[].class)
            .setParameter("shop", shopId)
            .setMaxResults(ConversationStore.MAX_LISTED);
    if (open != null) {
      query.setParameter("status", open ? ConversationRow.OPEN : ConversationRow.CLOSED);
    }
    return query.getResultList();
  }

  /**
   * Most conversations have had at most one message since the previous read, and it is in the rows.
   */
  private static Map<Long, List<Author>> authors(
      Session session, List<Object[]> found, ShopList previous) {
    Map<Long, Row> before =
        previous.rows.stream().collect(Collectors.toMap(row -> row.conversation().id(), r -> r));
    Map<Long, List<Author>> authors = new HashMap<>();
    Map<Long, Long> unknown = new HashMap<>();
    for (Object[] row : found) {
      ConversationRow conversation = (ConversationRow) row[0];
      MessageRow last = (MessageRow) row[1];
      Row known = before.get(conversation.id);
      long news = known == null ? Long.MAX_VALUE : conversation.head - known.conversation().head();
      if (news == 0) {
        authors.put(conversation.id, known.authors());
      } else if (news == 1 && last != null) {
        List<Author> more = new ArrayList<>(known.authors());
        more.add(new Author(last.seq, last.senderId));
        authors.put(conversation.id, more);
      } else if (conversation.head > 0) {
        unknown.put(conversation.id, conversation.head);
      }
    }
    if (!unknown.isEmpty()) {
      authors.putAll(authors(session, unknown));
    }
    return authors;
  }

  private static Map<Long, List<Author>> authors(Session session, Map<Long, Long> heads) {
    return session
        .createSelectionQuery(
            "select n.conversationId, n.seq, n.senderId from MessageRow n"
                + " where n.conversationId in (:ids) and n.seq > coalesce("
                + "(select max(r.readSeq) from ReceiptRow r"
                + " where r.conversationId = n.conversationId and r.userId = n.senderId), 0L)"
                + " order by n.seq",
            Object[].class)
        .setParameterList("ids", heads.keySet())
        .getResultList()
        .stream()
        .filter(row -> (Long) row[1] <= heads.get((Long) row[0]))
        .collect(
            Collectors.groupingBy(
                row -> (Long) row[0],
                Collectors.mapping(
                    row -> new Author((Long) row[1], (String) row[2]), Collectors.toList())));
  }
}
