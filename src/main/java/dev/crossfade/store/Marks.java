package dev.crossfade.store;

import dev.crossfade.model.MessageStatus;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.Session;

/** The delivered and read marks of each member of a conversation. */
record Marks(List<ReceiptRow> receipts) {

  static Marks of(Session session, long conversation) {
    return new Marks(
        session
            .createSelectionQuery(
                "from ReceiptRow where conversationId = :conversation", ReceiptRow.class)
            .setParameter("conversation", conversation)
            .getResultList());
  }

  /** The read mark of each user: the highest of their clients. */
  Map<String, Long> readByUser() {
    return receipts.stream()
        .collect(Collectors.toMap(row -> row.userId, row -> row.readSeq, Math::max));
  }

  /** The highest status that a member other than the sender has given to {@code seq}. */
  MessageStatus status(String sender, long seq) {
    MessageStatus status = MessageStatus.SENT;
    for (ReceiptRow receipt : receipts) {
      if (!receipt.userId.equals(sender)) {
        if (receipt.readSeq >= seq) {
          return MessageStatus.READ;
        }
        if (receipt.deliveredSeq >= seq) {
          status = MessageStatus.DELIVERED;
        }
      }
    }
    return status;
  }
}
