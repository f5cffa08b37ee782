package dev.crossfade.peer;

/** Who of one user's peers are the same reader, and how many of them there may be. */
public record Reader(String key, int atMost) {}
