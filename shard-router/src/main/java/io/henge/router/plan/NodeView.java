package io.henge.router.plan;

/**
 * What is known of a node beyond its record.
 *
 * @param reachable whether it has reported lately; of what is "lately" the caller takes care, and
 *     of not changing its mind at every late report
 * @param silentMillis since its last report, or since the caller began to listen if it has heard
 *     none; so that a new caller takes nobody for dead before it has listened long enough
 * @param latencyRatio its write latency (p99) over what that is in calm; 1 = as ever, or not known
 */
public record NodeView(String nodeId, boolean reachable, long silentMillis, double latencyRatio) {

  /** A node that was heard of just now, or has only just fallen silent. */
  public NodeView(String nodeId, boolean reachable) {
    this(nodeId, reachable, 0, 1);
  }
}
