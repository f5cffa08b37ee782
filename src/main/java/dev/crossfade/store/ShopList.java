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
 * A shop's list of conversations, read once for all its staff, of which each gets exactly the view
 * that a query of their own would give. Immutable.
 *
 * <p>Only the unread count differs from one member to another. seq is dense, so it is {@code head -
 * read - own}: what was written up to the head, without what this member has read, and without what
 * they wrote themselves after that.
 */
public final class ShopList {

  /** Before anything was read. */
  public static final ShopList EMPTY = new ShopList(List.of());

  /** Who wrote a message that they have not marked as read themselves. */
  private record Author(long seq, String userId) {}

  /**
   * @param authors of every message up to the head that its author has not marked as read, in the
   *     order of seq; neither who wrote it nor a mark ever goes back, so only new ones must be read
   * @param own how many messages of each author that is
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
      // A mark may be newer than the head that was read before it.
      long after = Math.max(0, conversation.head() - read.getOrDefault(me, 0L));
      return new Listed(conversation, after - own.getOrDefault(me, 0L), last, notes);
    }
  }

  private final List<Row> rows;

  private ShopList(List<Row> rows) {
    this.rows = rows;
  }

  /** As this member of the shop's staff sees it, newest first. Does not block. */
  public List<Listed> of(Caller staff) {
    return rows.stream().map(row -> row.of(staff)).toList();
  }

  /**
   * Three statements, in an order that makes them agree: heads, then authors, then marks. Authors
   * up to a head are there when the head is, and the authors that are left out by a mark are left
   * out by every later one.
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

  /** Most conversations got no message since the previous read, or one, which is among the rows. */
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
