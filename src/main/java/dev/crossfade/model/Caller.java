package dev.crossfade.model;

import java.time.Instant;

/**
 * Who is calling, as a verified token says. Immutable.
 *
 * @param name may be null
 * @param issuedAt when the token was signed
 * @param tokenId the token's {@code jti}, or null
 * @param expiresAt from then on this caller is nobody
 */
public record Caller(
    String userId,
    String shopId,
    Role role,
    String name,
    Instant issuedAt,
    String tokenId,
    Instant expiresAt) {

  public boolean expired(Instant now) {
    return !now.isBefore(expiresAt);
  }

  public boolean samePerson(Caller other) {
    return userId.equals(other.userId) && shopId.equals(other.shopId) && role == other.role;
  }

  /** Shop and user in one key; neither may contain a slash. */
  public String key() {
    return shopId + "/" + userId;
  }
}
