package dev.crossfade.rollout.gate;

import java.util.List;

/**
 * A node's report to all nodes: its observations of each arm and its resource usage.
 *
 * @param node identifies one start of one node
 * @param assignment the revision that assigned the counted clients to arms
 * @param at milliseconds since 1970
 * @param leaving it is shutting down and will not report again
 */
public record NodeReport(
    String node,
    long assignment,
    long at,
    boolean leaving,
    NodeFigures figures,
    List<Observations.Count> counts) {}
