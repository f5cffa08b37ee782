package dev.crossfade.model;

import java.time.Instant;

/**
 * A conversation of one visitor with a shop. Immutable.
 *
 * @param visitorName may be null
 * @param agentId the agent it is assigned to, or null
 * @param subject may be null
 * @param page URL of the page that the visitor reported last, or null
 * @param head seq of the newest message, 0 if there is none
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
   * Visitors see their own conversations, staff all those of their shop. To others it is "not
   * found".
   */
  public boolean visibleTo(Caller caller) {
    return shopId.equals(caller.shopId())
        && (caller.role().staff() || visitorId.equals(caller.userId()));
  }
}
