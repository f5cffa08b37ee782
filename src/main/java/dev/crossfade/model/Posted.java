package dev.crossfade.model;

/** What became of a draft: the stored message, and whether it had been stored before. */
public record Posted(Message message, boolean duplicate) {}
