package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Conversation;
import dev.crossfade.model.Draft;
import dev.crossfade.model.Message;
import dev.crossfade.model.MessageStatus;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import dev.crossfade.store.AppendStatements.SentOnce;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.hibernate.Session;

/**
 * The log of every conversation. Reading blocks for a round trip; appending goes through a {@link
 * Journal}.
 */
public final class MessageStore {

  /** A draft and who wrote it. */
  public record Entry(Caller sender, Draft draft) {}

  private final Database database;
  private final Clock clock;
  private final MessageIds ids = new MessageIds();

  public MessageStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** For the journal: entries of one conversation keep their order. */
  public BatchWriter<Entry, Posted> batches() {
    return new BatchWriter<>() {
      @Override
      public List<BatchWriter.Outcome<Posted>> write(Session session, List<Entry> entries) {
        return append(session, entries);
      }

      @Override
      public Object lineOf(Entry entry) {
        return entry.draft().conversation();
      }
    };
  }

  /**
   * Appends a batch. seq is given under the lock of the conversation's row, which is held until the
   * commit: so it is dense, and nobody can see n+1 before n. Whether the sender may write there,
   * and whether it is open, is judged under the same lock. Where somebody else holds the row, such
   * as another node, its entries are to come again later.
   */
  public List<BatchWriter.Outcome<Posted>> append(Session session, List<Entry> entries) {
    return session.doReturningWork(connection -> append(session, connection, entries));
  }

  private List<BatchWriter.Outcome<Posted>> append(
      Session session, Connection connection, List<Entry> entries) throws SQLException {
    AppendStatements statements = new AppendStatements(connection);
    List<Long> wanted = distinct(entries, Draft::conversation);
    Map<Long, Conversation> locked = statements.lock(wanted);
    Set<Long> held =
        statements.existing(wanted.stream().filter(id -> !locked.containsKey(id)).toList());
    Batch batch =
        new Batch(
            locked,
            statements.sentBefore(
                entries.stream().map(MessageStore::key).filter(Objects::nonNull).toList()),
            statements.conversationsOf(distinct(entries, Draft::replyTo)),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    List<BatchWriter.Outcome<Posted>> outcomes = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      if (held.contains(entry.draft().conversation())) {
        outcomes.add(BatchWriter.Outcome.postponed());
        continue;
      }
      try {
        outcomes.add(BatchWriter.Outcome.of(append(session, connection, entry, batch)));
      } catch (ChatException refusal) {
        outcomes.add(BatchWriter.Outcome.refused(refusal));
      }
    }
    statements.insert(batch.added);
    statements.raise(batch.heads, batch.now);
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

  private Posted append(Session session, Connection connection, Entry entry, Batch batch)
      throws SQLException {
    Draft draft = entry.draft();
    Conversation conversation = batch.conversations.get(draft.conversation());
    if (conversation == null || !conversation.visibleTo(entry.sender())) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    SentOnce key = key(entry);
    Message before = key == null ? null : batch.sentBefore.get(key);
    if (before != null) {
      return repeated(session, before, draft, conversation.visitorId());
    }
    if (!conversation.open()) {
      throw new ChatException(Problem.SESSION_CLOSED);
    }
    if (draft.replyTo() != null
        && !Objects.equals(conversation.id(), batch.conversationOf.get(draft.replyTo()))) {
      throw ChatException.badParameter("reply_to");
    }
    Message message = batch.add(ids.next(connection), conversation, entry);
    if (key != null) {
      batch.sentBefore.put(key, message);
    }
    return new Posted(message, conversation.visitorId(), false);
  }

  private static Posted repeated(Session session, Message before, Draft draft, String visitorId) {
    if (!draft.sameAs(before)) {
      throw new ChatException(Problem.ID_CONFLICT);
    }
    Marks marks = Marks.of(session, before.conversation());
    Message marked = before.withStatus(marks.status(before.senderId(), before.seq()));
    return new Posted(marked, visitorId, true);
  }

  /** Null for a draft that cannot be told from another. */
  private static SentOnce key(Entry entry) {
    Draft draft = entry.draft();
    return draft.clientMsgId() == null
        ? null
        : new SentOnce(draft.conversation(), entry.sender().userId(), draft.clientMsgId());
  }

  private static List<Long> distinct(List<Entry> entries, Function<Draft, Long> what) {
    return entries.stream()
        .map(entry -> what.apply(entry.draft()))
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  private static List<Message> messages(Session session, long conversation, List<MessageRow> rows) {
    if (rows.isEmpty()) {
      return List.of();
    }
    Marks marks = Marks.of(session, conversation);
    return rows.stream().map(row -> row.message(marks.status(row.senderId, row.seq))).toList();
  }

  /** What is known of a batch, and what it adds. */
  private static final class Batch {
    final Map<Long, Conversation> conversations;
    final Map<SentOnce, Message> sentBefore;
    final Map<Long, Long> conversationOf;
    final Instant now;
    final List<Message> added = new ArrayList<>();
    final Map<Long, Long> heads = new HashMap<>();

    Batch(
        Map<Long, Conversation> conversations,
        Map<SentOnce, Message> sentBefore,
        Map<Long, Long> conversationOf,
        Instant now) {
      this.conversations = conversations;
      this.sentBefore = sentBefore;
      this.conversationOf = conversationOf;
      this.now = now;
    }

    Message add(long id, Conversation conversation, Entry entry) {
      long seq = heads.merge(conversation.id(), conversation.head() + 1, (head, first) -> head + 1);
      Draft draft = entry.draft();
      Caller sender = entry.sender();
      Message message =
          new Message(
              id,
              conversation.id(),
              seq,
              sender.userId(),
              sender.role().inMessages(),
              sender.name(),
              draft.content(),
              draft.messageType(),
              draft.replyTo(),
              draft.clientMsgId(),
              now,
              MessageStatus.SENT);
      added.add(message);
      return message;
    }
  }
}
