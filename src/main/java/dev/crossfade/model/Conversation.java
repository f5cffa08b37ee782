package dev.crossfade.model;

import java.time.Instant;

/**
 * A conversation of one visitor with a shop. Immutable.
 *
 * @param visitorName may be null
 * @param agentId who has taken it, or null
 * @param subject may be null
 * @param page address of the page that the visitor said last, or null
 * @param head seq of the newest message, 0 where there is none
 */
public record Conversation(
    long id,
    String shopId,
    String visitorId,
    String visitorName,
    String agentId,
    String subject,
    String page,
    boolean open,
    long head,
    Instant createdAt,
    Instant updatedAt) {

  /**
   * A visitor sees its own, staff everything of their shop. Whoever may not see it is told "not
   * found".
   */
  public boolean visibleTo(Caller caller) {
    return shopId.equals(caller.shopId())
        && (caller.role().staff() || visitorId.equals(caller.userId()));
  }
}
