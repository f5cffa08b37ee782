package dev.crossfade.store;

import dev.crossfade.model.MessageStatus;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.Session;

/** How far each member of one conversation has got. */
record Marks(List<ReceiptRow> receipts) {

  static Marks of(Session session, long conversation) {
    return new Marks(
        session
            .createSelectionQuery(
                "from ReceiptRow where conversationId = :conversation", ReceiptRow.class)
            .setParameter("conversation", conversation)
            .getResultList());
  }

  /** How far each user has read, on whichever client got furthest. */
  Map<String, Long> readByUser() {
    return receipts.stream()
        .collect(Collectors.toMap(row -> row.userId, row -> row.readSeq, Math::max));
  }

  /** The highest mark that any member but the sender has set at or above {@code seq}. */
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
