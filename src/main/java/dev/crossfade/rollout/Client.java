package dev.crossfade.rollout;

/** Whom a transport is chosen for; both may be null. */
public record Client(String clientId, String shopId) {}
