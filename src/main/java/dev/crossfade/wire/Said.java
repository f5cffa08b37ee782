package dev.crossfade.wire;

import dev.crossfade.model.ChatException;

/**
 * A decoded frame or its refusal: exactly one of {@code frame} and {@code refusal} is null.
 *
 * @param ref the reference of the frame for the reply; may be null
 */
public record Said(Frame frame, ChatException refusal, String ref) {}
