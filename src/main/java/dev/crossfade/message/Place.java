package dev.crossfade.message;

/**
 * Where a reader wants to continue; {@code after}, {@code epoch} and {@code clientId} may be null.
 */
public record Place(long conversation, Long after, String epoch, String clientId) {}
