package dev.crossfade.rollout.rule;

/** A choice for one client with the rule that made it, which may no longer be in force. */
public record Decision(Rule rule, TransportChoice choice) {}
