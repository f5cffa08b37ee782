package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Message;
import dev.crossfade.model.Problem;
import jakarta.persistence.LockModeType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.hibernate.Session;
import org.hibernate.exception.ConstraintViolationException;

/** Conversations. Every call blocks for a round trip or two. */
public final class ConversationStore {

  /** Maximum number of conversations in a list; older ones are left out. */
  public static final int MAX_LISTED = 300;

  /**
   * A conversation as one member's list shows it.
   *
   * @param lastMessage may be null
   * @param notes number of private notes; null for a caller who must not see it
   */
  public record Listed(Conversation conversation, long unread, Message lastMessage, Long notes) {}

  /** A conversation, and whether this call opened it. */
  public record Opened(Conversation conversation, boolean created) {}

  private final Database database;
  private final Clock clock;

  public ConversationStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  public Optional<Conversation> find(long id) {
    return database.read(
        session ->
            Optional.ofNullable(session.find(ConversationRow.class, id))
                .map(ConversationRow::conversation));
  }

  /** The visitor's open conversation, or a new one. Concurrent calls get the same one. */
  public Opened open(String shopId, String visitorId, String visitorName, String subject) {
    return newestOpen(shopId, visitorId)
        .map(found -> new Opened(found, false))
        .orElseGet(() -> create(shopId, visitorId, visitorName, subject));
  }

  /** Records the page that the visitor is on. */
  public void visits(long id, String page) {
    database.inTransaction(
        session -> {
          session.find(ConversationRow.class, id, LockModeType.PESSIMISTIC_WRITE).page = page;
          return null;
        });
  }

  /**
   * The conversations that {@code caller} may see, newest first; {@code open} null for open and
   * closed.
   */
  public List<Listed> list(Caller caller, Boolean open) {
    return database.read(session -> list(session, caller, open));
  }

  /**
   * One query for all staff of a shop; {@code open} null for open and closed.
   *
   * @param previous an earlier result for the same list, or {@link ShopList#EMPTY}; what cannot
   *     have changed since is not read again
   */
  public ShopList shopList(String shopId, Boolean open, ShopList previous) {
    return database.read(session -> ShopList.read(session, shopId, open, previous));
  }

  /** The heads of the conversations in {@code ids} that exist. */
  public Map<Long, Long> heads(Collection<Long> ids) {
    return database.read(session -> session.doReturningWork(connection -> heads(connection, ids)));
  }

  private static Map<Long, Long> heads(Connection connection, Collection<Long> ids)
      throws SQLException {
    Map<Long, Long> heads = new HashMap<>();
    // Not "id = any(?)": H2 then compares each row that it found with the whole array. An outer
    // join, so that H2 begins with the ids and not with the table.
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select k.id, c.head from unnest(cast(? as bigint array)) k(id)"
                + " left join conversation c on c.id = k.id where c.head is not null")) {
      statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          heads.put(row.getLong(1), row.getLong(2));
        }
      }
    }
    return heads;
  }

  public Conversation close(Caller caller, long id) {
    return change(
        caller,
        id,
        row -> {
          row.status = ConversationRow.CLOSED;
          row.openKey = null;
        });
  }

  public Conversation reopen(Caller caller, long id) {
    return change(caller, id, row -> row.status = ConversationRow.OPEN);
  }

  public Conversation assign(Caller caller, long id, String agentId) {
    return change(caller, id, row -> row.agentId = agentId);
  }

  private Conversation change(Caller caller, long id, Consumer<ConversationRow> change) {
    return database.inTransaction(
        session -> {
          ConversationRow row =
              session.find(ConversationRow.class, id, LockModeType.PESSIMISTIC_WRITE);
          if (row == null || !row.conversation().visibleTo(caller)) {
            throw new ChatException(Problem.NOT_FOUND);
          }
          change.accept(row);
          row.updatedAt = now();
          return row.conversation();
        });
  }

  private Opened create(String shopId, String visitorId, String visitorName, String subject) {
    try {
      return database.inTransaction(
          session -> {
            ConversationRow row = new ConversationRow();
            row.shopId = shopId;
            row.visitorId = visitorId;
            row.visitorName = visitorName;
            row.subject = subject;
            row.status = ConversationRow.OPEN;
            row.openKey = ConversationRow.openKey(shopId, visitorId);
            row.createdAt = now();
            row.updatedAt = row.createdAt;
            session.persist(row);
            return new Opened(row.conversation(), true);
          });
    } catch (ConstraintViolationException openedMeanwhile) {
      return newestOpen(shopId, visitorId)
          .map(found -> new Opened(found, false))
          .orElseThrow(() -> new ChatException(Problem.UNAVAILABLE));
    }
  }

  private Optional<Conversation> newestOpen(String shopId, String visitorId) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from ConversationRow where shopId = :shop and visitorId = :visitor"
                        + " and status = 'open' order by id desc",
                    ConversationRow.class)
                .setParameter("shop", shopId)
                .setParameter("visitor", visitorId)
                .setMaxResults(1)
                .getResultList()
                .stream()
                .findFirst()
                .map(ConversationRow::conversation));
  }

  /**
   * Reads conversation, last message and unread count in one statement. A second statement would
   * see later commits, and the list could show a message that it counts as read.
   */
  private static List<Listed> list(Session session, Caller caller, Boolean open) {
    boolean staff = caller.role().staff();
    var query =
        session
            .createSelectionQuery(
                "select c, m, (select count(n) from MessageRow n"
                    + " where n.conversationId = c.id and n.senderId <> :me and n.seq > coalesce("
                    + "(select max(r.readSeq) from ReceiptRow r"
                    + " where r.conversationId = c.id and r.userId = :me), 0L))"
                    + (staff
                        ? ", (select count(k) from NoteRow k where k.conversationId = c.id)"
                        : "")
                    + " from ConversationRow c"
                    + " left join MessageRow m on m.conversationId = c.id and m.seq = c.head"
                    + " where c.shopId = :shop"
                    + (staff ? "" : " and c.visitorId = :me")
                    + (open == null ? "" : " and c.status = :status")
                    + " order by c.updatedAt desc, c.id desc",
                Object[].class)
            .setParameter("me", caller.userId())
            .setParameter("shop", caller.shopId())
            .setMaxResults(MAX_LISTED);
    if (open != null) {
      query.setParameter("status", open ? ConversationRow.OPEN : ConversationRow.CLOSED);
    }
    List<Object[]> rows = query.getResultList();
    Map<Long, List<ReceiptRow>> receipts = receipts(session, rows);
    return rows.stream()
        .map(
            row -> {
              Conversation conversation = ((ConversationRow) row[0]).conversation();
              Marks marks = new Marks(receipts.getOrDefault(conversation.id(), List.of()));
              Long notes = staff ? (Long) row[3] : null;
              return new Listed(
                  conversation, (Long) row[2], last((MessageRow) row[1], marks), notes);
            })
        .toList();
  }

  static Message last(MessageRow row, Marks marks) {
    return row == null ? null : row.message(marks.status(row.senderId, row.seq));
  }

  /** Receipts by conversation id; the conversation is the first column of each row. */
  static Map<Long, List<ReceiptRow>> receipts(Session session, List<Object[]> rows) {
    if (rows.isEmpty()) {
      return Map.of();
    }
    return session
        .createSelectionQuery("from ReceiptRow where conversationId in (:ids)", ReceiptRow.class)
        .setParameterList("ids", rows.stream().map(row -> ((ConversationRow) row[0]).id).toList())
        .getResultList()
        .stream()
        .collect(Collectors.groupingBy(row -> row.conversationId));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
