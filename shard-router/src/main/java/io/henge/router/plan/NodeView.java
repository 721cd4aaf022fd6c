package io.henge.router.plan;

/**
 * What is known of a node beyond its record.
 *
 * @param reachable whether it has reported lately; of what is "lately" the caller takes care, and
 *     of not changing its mind at every late report
 */
public record NodeView(String nodeId, boolean reachable) {}
