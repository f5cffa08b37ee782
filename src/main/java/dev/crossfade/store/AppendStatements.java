package dev.crossfade.store;

import dev.crossfade.model.Conversation;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Role;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The statements of an append, on one connection. Each keeps its text however large the batch is,
 * so that the database plans it once; each finds what it asks for by an index, so that its cost
 * does not grow with the store. Both databases take them as they are. Every call blocks for a round
 * trip.
 */
final class AppendStatements {

  /** What makes two drafts the same one, sent twice. */
  record SentOnce(long conversation, String sender, String clientMsgId) {}

  /** Waits for nobody: a row that a frozen node holds must not hold up all the others. */
  static final String LOCK =
      "select id, shop_id, visitor_id, visitor_name, agent_id, subject, page, status, head,"
          + " created_at, updated_at from conversation where id = any(?) order by id"
          + " for update skip locked";

  private static final String EXISTING = "select id, id from conversation where id = any(?)";

  /** The outer join makes H2 begin with the keys, not with the table. */
  static final String SENT_BEFORE =
      "select m.id, m.conversation_id, m.seq, m.sender_id, m.sender_role, m.sender_name, m.content,"
          + " m.message_type, m.reply_to, m.client_msg_id, m.created_at"
          + " from unnest(cast(? as bigint array), cast(? as varchar array),"
          + " cast(? as varchar array)) k(conversation_id, sender_id, client_msg_id)"
          + " left join message m on m.conversation_id = k.conversation_id"
          + " and m.sender_id = k.sender_id and m.client_msg_id = k.client_msg_id";

  static final String CONVERSATIONS_OF =
      "select id, conversation_id from message where id = any(?)";

  private static final String INSERT =
      "insert into message (id, conversation_id, seq, sender_id, sender_role, sender_name, content,"
          + " message_type, reply_to, client_msg_id, created_at)"
          + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String RAISE =
      "update conversation set head = ?, updated_at = ? where id = ?";

  private final Connection connection;

  AppendStatements(Connection connection) {
    this.connection = connection;
  }

  /** The conversations of {@code ids} that nobody else holds, locked until the transaction ends. */
  Map<Long, Conversation> lock(Collection<Long> ids) throws SQLException {
    Map<Long, Conversation> found = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Conversation conversation =
              new Conversation(
                  row.getLong(1),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6),
                  row.getString(7),
                  ConversationRow.OPEN.equals(row.getString(8)),
                  row.getLong(9),
                  instant(row, 10),
                  instant(row, 11));
          found.put(conversation.id(), conversation);
        }
      }
    }
    return found;
  }

  /** Which of these conversations exist. */
  Set<Long> existing(Collection<Long> ids) throws SQLException {
    return pairs(EXISTING, ids).keySet();
  }

  /** The messages that are stored under {@code keys}. */
  Map<SentOnce, Message> sentBefore(List<SentOnce> keys) throws SQLException {
    Map<SentOnce, Message> found = new HashMap<>();
    if (keys.isEmpty()) {
      return found;
    }
    try (PreparedStatement statement = connection.prepareStatement(SENT_BEFORE)) {
      Object[] conversations = keys.stream().map(SentOnce::conversation).toArray();
      statement.setArray(1, connection.createArrayOf("bigint", conversations));
      statement.setArray(2, texts(keys.stream().map(SentOnce::sender).toArray()));
      statement.setArray(3, texts(keys.stream().map(SentOnce::clientMsgId).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          if (row.getObject(1) != null) {
            Message message = message(row);
            found.put(
                new SentOnce(message.conversation(), message.senderId(), message.clientMsgId()),
                message);
          }
        }
      }
    }
    return found;
  }

  /** Which conversation each of these messages is in, where it exists. */
  Map<Long, Long> conversationsOf(Collection<Long> messages) throws SQLException {
    return pairs(CONVERSATIONS_OF, messages);
  }

  private Map<Long, Long> pairs(String query, Collection<Long> ids) throws SQLException {
    Map<Long, Long> found = new HashMap<>();
    if (ids.isEmpty()) {
      return found;
    }
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.put(row.getLong(1), row.getLong(2));
        }
      }
    }
    return found;
  }

  void insert(List<Message> messages) throws SQLException {
    if (messages.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      for (Message message : messages) {
        statement.setLong(1, message.id());
        statement.setLong(2, message.conversation());
        statement.setLong(3, message.seq());
        statement.setString(4, message.senderId());
        statement.setString(5, message.senderRole().text());
        statement.setString(6, message.senderName());
        statement.setString(7, message.content());
        statement.setString(8, message.messageType());
        statement.setObject(9, message.replyTo(), java.sql.Types.BIGINT);
        statement.setString(10, message.clientMsgId());
        statement.setObject(11, OffsetDateTime.ofInstant(message.createdAt(), ZoneOffset.UTC));
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  void raise(Map<Long, Long> heads, Instant now) throws SQLException {
    if (heads.isEmpty()) {
      return;
    }
    OffsetDateTime at = OffsetDateTime.ofInstant(now, ZoneOffset.UTC);
    try (PreparedStatement statement = connection.prepareStatement(RAISE)) {
      for (Map.Entry<Long, Long> head : heads.entrySet()) {
        statement.setLong(1, head.getValue());
        statement.setObject(2, at);
        statement.setLong(3, head.getKey());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private java.sql.Array texts(Object[] texts) throws SQLException {
    return connection.createArrayOf("varchar", texts);
  }

  private static Message message(ResultSet row) throws SQLException {
    return new Message(
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getString(4),
        Role.of(row.getString(5)),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getObject(9) == null ? null : row.getLong(9),
        row.getString(10),
        instant(row, 11),
        MessageStatus.SENT);
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
