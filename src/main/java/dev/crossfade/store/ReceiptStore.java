package dev.crossfade.store;

import dev.crossfade.model.Caller;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.hibernate.Session;
import org.hibernate.exception.ConstraintViolationException;

/** Delivered and read marks. Marks never go back. Every call blocks for a round trip or two. */
public final class ReceiptStore {

  /** Clients of one user that have marks of their own in a conversation. */
  static final int MAX_CLIENTS = 20;

  /** The new values of the raised marks; null for a mark that did not change. */
  public record Raised(Long delivered, Long read, Instant at) {}

  private final Database database;
  private final Clock clock;

  public ReceiptStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Raises the marks of one reader. Reading implies delivery. Of a user's clients the last {@link
   * #MAX_CLIENTS} have marks of their own in a conversation; the marks of those before them become
   * the user's.
   *
   * @param clientId null if the reader sent none
   * @param delivered 0 for none
   * @param read 0 for none
   */
  public Raised raise(
      Caller caller, long conversation, String clientId, long delivered, long read) {
    var key = new ReceiptRow.Key(conversation, caller.userId(), clientId == null ? "" : clientId);
    long upTo = Math.max(delivered, read);
    if (upTo == 0) {
      return new Raised(null, null, now());
    }
    try {
      return database.inTransaction(session -> raise(session, key, upTo, read));
    } catch (ConstraintViolationException anotherWasFirst) {
      return database.inTransaction(session -> raise(session, key, upTo, read));
    }
  }

  /** The delivered mark of this client, or of this user if the client has none. */
  public Optional<Long> delivered(Caller caller, long conversation, String clientId) {
    return database.read(
        session -> {
          if (clientId != null) {
            var key = new ReceiptRow.Key(conversation, caller.userId(), clientId);
            ReceiptRow own = session.find(ReceiptRow.class, key);
            if (own != null) {
              return Optional.of(own.deliveredSeq);
            }
          }
          return Optional.ofNullable(
              session
                  .createSelectionQuery(
                      "select max(deliveredSeq) from ReceiptRow"
                          + " where conversationId = :conversation and userId = :user",
                      Long.class)
                  .setParameter("conversation", conversation)
                  .setParameter("user", caller.userId())
                  .getSingleResultOrNull());
        });
  }

  /** The id of the message with this seq. */
  public Optional<Long> messageId(long conversation, long seq) {
    return message(conversation, "seq", seq, "id");
  }

  /** The seq of the message with this id, if it belongs to this conversation. */
  public Optional<Long> messageSeq(long conversation, long id) {
    return message(conversation, "id", id, "seq");
  }

  private Optional<Long> message(long conversation, String by, long value, String wanted) {
    return database.read(
        session ->
            Optional.ofNullable(
                session
                    .createSelectionQuery(
                        "select "
                            + wanted
                            + " from MessageRow"
                            + " where conversationId = :conversation and "
                            + by
                            + " = :value",
                        Long.class)
                    .setParameter("conversation", conversation)
                    .setParameter("value", value)
                    .getSingleResultOrNull()));
  }

  private Raised raise(Session session, ReceiptRow.Key key, long delivered, long read) {
    ReceiptRow row = session.find(ReceiptRow.class, key, LockModeType.PESSIMISTIC_WRITE);
    boolean first = row == null;
    if (first) {
      makeRoom(session, key);
      row = row(key);
    }
    Long deliveredNow = delivered > row.deliveredSeq ? Long.valueOf(delivered) : null;
    Long readNow = read > row.readSeq ? Long.valueOf(read) : null;
    row.deliveredSeq = Math.max(row.deliveredSeq, delivered);
    row.readSeq = Math.max(row.readSeq, read);
    row.updatedAt = now();
    if (first) {
      session.persist(row);
    }
    return new Raised(deliveredNow, readNow, row.updatedAt);
  }

  /** Whoever makes up client ids must not make every read of the conversation slower. */
  private void makeRoom(Session session, ReceiptRow.Key key) {
    List<ReceiptRow> known =
        session
            .createSelectionQuery(
                "from ReceiptRow where conversationId = :conversation and userId = :user"
                    + " and clientId <> '' order by updatedAt",
                ReceiptRow.class)
            .setParameter("conversation", key.conversationId())
            .setParameter("user", key.userId())
            .setLockMode(LockModeType.PESSIMISTIC_WRITE)
            .getResultList();
    if (key.clientId().isEmpty() || known.size() < MAX_CLIENTS) {
      return;
    }
    var users = new ReceiptRow.Key(key.conversationId(), key.userId(), "");
    ReceiptRow all = session.find(ReceiptRow.class, users, LockModeType.PESSIMISTIC_WRITE);
    boolean first = all == null;
    if (first) {
      all = row(users);
    }
    for (ReceiptRow old : known.subList(0, known.size() - MAX_CLIENTS + 1)) {
      all.deliveredSeq = Math.max(all.deliveredSeq, old.deliveredSeq);
      all.readSeq = Math.max(all.readSeq, old.readSeq);
      session.remove(old);
    }
    all.updatedAt = now();
    if (first) {
      session.persist(all);
    }
  }

  private static ReceiptRow row(ReceiptRow.Key key) {
    ReceiptRow row = new ReceiptRow();
    row.conversationId = key.conversationId();
    row.userId = key.userId();
    row.clientId = key.clientId();
    return row;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
