package dev.crossfade.rollout.rule;

/**
 * What a rule chose for one client, together with the rule: the next one may be in force already.
 */
public record Decision(Rule rule, TransportChoice choice) {}
