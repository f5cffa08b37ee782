package dev.crossfade.wire;

import dev.crossfade.model.ChatException;

/**
 * One frame as it was understood, or the reason why not: exactly one of {@code frame} and {@code
 * refusal} is null.
 *
 * @param ref what the frame called itself, for the answer; may be null
 */
public record Said(Frame frame, ChatException refusal, String ref) {}
