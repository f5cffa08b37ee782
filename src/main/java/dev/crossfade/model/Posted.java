package dev.crossfade.model;

/**
 * The result of posting a draft: the stored message, and whether it was already stored.
 *
 * @param visitorId the visitor of the conversation
 */
public record Posted(Message message, String visitorId, boolean duplicate) {}
