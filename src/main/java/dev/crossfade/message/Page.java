package dev.crossfade.message;

import java.util.List;

/**
 * A response to a poll; {@code cursor} is the seq of the last message, or where it was asked from.
 */
public record Page(List<Encoded> messages, long cursor, long head) {}
