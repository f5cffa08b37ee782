package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.hibernate.Session;

/**
 * Private notes of agents about a conversation, kept apart from its messages. Every call blocks for
 * a round trip or two, and throws {@code not_found} for a conversation of another shop.
 */
public final class NoteStore {

  /** Maximum per conversation; more are refused with {@code too_many}. */
  public static final int MAX_NOTES = 500;

  public record Note(long id, long conversation, String author, String text, Instant createdAt) {}

  private final Database database;
  private final Clock clock;

  public NoteStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  public Note add(Caller agent, long conversation, String text) {
    return database.inTransaction(
        session -> {
          visible(session, agent, conversation, LockModeType.PESSIMISTIC_WRITE);
          if (count(session, conversation) >= MAX_NOTES) {
            throw new ChatException(Problem.TOO_MANY).with("limit", MAX_NOTES);
          }
          NoteRow row = new NoteRow();
          row.conversationId = conversation;
          row.author = agent.userId();
          row.text = text;
          row.createdAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
          session.persist(row);
          return row.note();
        });
  }

  /** The notes in the order they were written. */
  public List<Note> list(Caller agent, long conversation) {
    return database.read(
        session -> {
          visible(session, agent, conversation, LockModeType.NONE);
          return session
              .createSelectionQuery(
                  "from NoteRow where conversationId = :conversation order by id", NoteRow.class)
              .setParameter("conversation", conversation)
              .setMaxResults(MAX_NOTES)
              .getResultList()
              .stream()
              .map(NoteRow::note)
              .toList();
        });
  }

  /** The lock keeps concurrent writers from exceeding the limit. */
  private static void visible(Session session, Caller agent, long id, LockModeType lock) {
    ConversationRow row = session.find(ConversationRow.class, id, lock);
    if (row == null || !row.conversation().visibleTo(agent)) {
      throw new ChatException(Problem.NOT_FOUND);
    }
  }

  private static long count(Session session, long conversation) {
    return session
        .createSelectionQuery(
            "select count(n) from NoteRow n where n.conversationId = :conversation", Long.class)
        .setParameter("conversation", conversation)
        .getSingleResult();
  }
}
