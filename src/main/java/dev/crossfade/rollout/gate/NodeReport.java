package dev.crossfade.rollout.gate;

import java.util.List;

/**
 * What one node tells all nodes: what it has seen of each arm, and how full it is.
 *
 * @param node one start of one node
 * @param assignment the revision that assigned the clients which the counts are about
 * @param at milliseconds since 1970
 * @param leaving it said good-bye: nobody waits for more of it
 */
public record NodeReport(
    String node,
    long assignment,
    long at,
    boolean leaving,
    NodeFigures figures,
    List<Observations.Count> counts) {}
