package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hibernate.Session;

/**
 * The log of every conversation. Reading blocks for a round trip; appending goes through a {@link
 * Journal}.
 */
public final class MessageStore {

  /** A draft and who wrote it. */
  public record Entry(Caller sender, Draft draft) {}

  private record SentOnce(long conversation, String sender, String clientMsgId) {}

  private final Database database;
  private final Clock clock;

  public MessageStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Appends a batch. seq is given under the lock of the conversation's row, which is held until the
   * commit: so it is dense, and nobody can see n+1 before n. Whether the sender may write there,
   * and whether it is open, is judged under the same lock. Rows are locked in the order of their
   * ids, so that two nodes cannot lock each other out.
   */
  public List<Journal.Outcome<Posted>> append(Session session, List<Entry> entries) {
    Map<Long, ConversationRow> conversations = lock(session, entries);
    Map<SentOnce, MessageRow> sentBefore = sentBefore(session, entries);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    List<Journal.Outcome<Posted>> outcomes = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      ConversationRow conversation = conversations.get(entry.draft().conversation());
      try {
        outcomes.add(Journal.Outcome.of(append(session, entry, conversation, sentBefore, now)));
      } catch (ChatException refusal) {
        outcomes.add(Journal.Outcome.refused(refusal));
      }
    }
    return outcomes;
  }

  /** Messages with seq above {@code after}, ascending, at most {@code limit}. */
  public List<Message> after(long conversation, long after, int limit) {
    return database.read(
        session -> {
          List<MessageRow> rows =
              session
                  .createSelectionQuery(
                      "from MessageRow where conversationId = :conversation and seq > :after"
                          + " order by seq",
                      MessageRow.class)
                  .setParameter("conversation", conversation)
                  .setParameter("after", after)
                  .setMaxResults(limit)
                  .getResultList();
          return messages(session, conversation, rows);
        });
  }

  /** The newest {@code limit} messages with seq below {@code before}, ascending. */
  public List<Message> before(long conversation, long before, int limit) {
    return database.read(
        session -> {
          List<MessageRow> rows =
              new ArrayList<>(
                  session
                      .createSelectionQuery(
                          "from MessageRow where conversationId = :conversation and seq < :before"
                              + " order by seq desc",
                          MessageRow.class)
                      .setParameter("conversation", conversation)
                      .setParameter("before", before)
                      .setMaxResults(limit)
                      .getResultList());
          Collections.reverse(rows);
          return messages(session, conversation, rows);
        });
  }

  private Posted append(
      Session session,
      Entry entry,
      ConversationRow conversation,
      Map<SentOnce, MessageRow> sentBefore,
      Instant now) {
    Draft draft = entry.draft();
    if (conversation == null || !conversation.conversation().visibleTo(entry.sender())) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    SentOnce key = new SentOnce(conversation.id, entry.sender().userId(), draft.clientMsgId());
    MessageRow before = draft.clientMsgId() == null ? null : sentBefore.get(key);
    if (before != null) {
      return repeated(session, before, draft, conversation.visitorId);
    }
    if (!conversation.open()) {
      throw new ChatException(Problem.SESSION_CLOSED);
    }
    refuseForeignReply(session, draft);
    MessageRow row = MessageRow.of(entry.sender(), draft, conversation.head + 1, now);
    session.persist(row);
    conversation.head = row.seq;
    conversation.updatedAt = now;
    if (draft.clientMsgId() != null) {
      sentBefore.put(key, row);
    }
    return new Posted(row.message(MessageStatus.SENT), conversation.visitorId, false);
  }

  private static Posted repeated(
      Session session, MessageRow before, Draft draft, String visitorId) {
    Message message = before.message(MessageStatus.SENT);
    if (!draft.sameAs(message)) {
      throw new ChatException(Problem.ID_CONFLICT);
    }
    Marks marks = Marks.of(session, message.conversation());
    Message marked = message.withStatus(marks.status(message.senderId(), message.seq()));
    return new Posted(marked, visitorId, true);
  }

  private static void refuseForeignReply(Session session, Draft draft) {
    if (draft.replyTo() == null) {
      return;
    }
    MessageRow target = session.find(MessageRow.class, draft.replyTo());
    if (target == null || target.conversationId != draft.conversation()) {
      throw ChatException.badParameter("reply_to");
    }
  }

  private static Map<Long, ConversationRow> lock(Session session, List<Entry> entries) {
    List<Long> ids = entries.stream().map(e -> e.draft().conversation()).distinct().toList();
    Map<Long, ConversationRow> rows = new HashMap<>();
    session
        .createSelectionQuery(
            "from ConversationRow where id in (:ids) order by id", ConversationRow.class)
        .setParameterList("ids", ids)
        .setLockMode(LockModeType.PESSIMISTIC_WRITE)
        .getResultList()
        .forEach(row -> rows.put(row.id, row));
    return rows;
  }

  private static Map<SentOnce, MessageRow> sentBefore(Session session, List<Entry> entries) {
    List<String> ids =
        entries.stream().map(e -> e.draft().clientMsgId()).filter(Objects::nonNull).toList();
    Map<SentOnce, MessageRow> found = new HashMap<>();
    if (!ids.isEmpty()) {
      List<Long> conversations =
          entries.stream().map(e -> e.draft().conversation()).distinct().toList();
      session
          .createSelectionQuery(
              "from MessageRow where conversationId in (:conversations) and clientMsgId in (:ids)",
              MessageRow.class)
          .setParameterList("conversations", conversations)
          .setParameterList("ids", ids)
          .getResultList()
          .forEach(
              row ->
                  found.put(new SentOnce(row.conversationId, row.senderId, row.clientMsgId), row));
    }
    return found;
  }

  private static List<Message> messages(Session session, long conversation, List<MessageRow> rows) {
    if (rows.isEmpty()) {
      return List.of();
    }
    Marks marks = Marks.of(session, conversation);
    return rows.stream().map(row -> row.message(marks.status(row.senderId, row.seq))).toList();
  }
}
