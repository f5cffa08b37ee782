package dev.crossfade.message;

/** A granted place; {@code resumed} if it came from a receipt mark and not from the client. */
public record Joined(long conversation, long place, long head, boolean resumed) {}
