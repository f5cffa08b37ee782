package dev.crossfade.model;

/**
 * What became of a draft: the stored message, and whether it had been stored before.
 *
 * @param visitorId whose conversation it is
 */
public record Posted(Message message, String visitorId, boolean duplicate) {}
