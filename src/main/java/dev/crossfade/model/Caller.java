package dev.crossfade.model;

import java.time.Instant;

/**
 * The caller, as identified by a verified token. Immutable.
 *
 * @param name may be null
 * @param issuedAt when the token was signed
 * @param tokenId the token's {@code jti}, or null
 * @param expiresAt when the token stops being valid
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

  /** Shop and user as one key; neither contains a slash. */
  public String key() {
    return shopId + "/" + userId;
  }
}
