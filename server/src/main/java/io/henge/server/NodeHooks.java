package io.henge.server;

import io.henge.api.FeatureLevel;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisSettings;
import io.henge.server.node.ReshapeStep;

/**
 * What differs between a node of a server and one of a test or an embedded cluster.
 *
 * @param network which messages between nodes get through, by node ids
 * @param replication settings of consensus
 * @param faults told if the node cannot go on
 * @param steps told of each step of reshaping, where a test may let the node die
 * @param featureLevel what the node says it reads: {@link FeatureLevel#NEWEST}, or less in a test
 *     of what happens to older nodes
 */
public record NodeHooks(
    NetworkFilter network,
    RatisSettings replication,
    FaultHandler faults,
    ReshapeStep.Hook steps,
    int featureLevel) {

  /** Without a look at steps of reshaping. */
  public NodeHooks(NetworkFilter network, RatisSettings replication, FaultHandler faults) {
    this(network, replication, faults, ReshapeStep.Hook.NONE, FeatureLevel.NEWEST);
  }

  /** The same, with a look at steps of reshaping. */
  public NodeHooks withSteps(ReshapeStep.Hook hook) {
    return new NodeHooks(network, replication, faults, hook, featureLevel);
  }

  /** The same, as if the node were of a version that reads no more than this. */
  public NodeHooks reading(int level) {
    return new NodeHooks(network, replication, faults, steps, level);
  }

  /** Told once if a node has taken itself out; must not block. */
  @FunctionalInterface
  public interface FaultHandler {
    /**
     * A node cannot go on: it no longer serves, and says so in {@code /healthz}.
     *
     * @param node the node's name
     * @param what a sentence
     */
    void failed(String node, String what, Throwable reason);
  }

  /** For a server. The process should end when a node fails; whoever starts it decides. */
  public static NodeHooks server(FaultHandler faults) {
    return new NodeHooks(NetworkFilter.OPEN, RatisSettings.normal(), faults);
  }

  /** For several nodes in one process. */
  public static NodeHooks embedded(NetworkFilter network) {
    return new NodeHooks(network, RatisSettings.small(), (node, what, reason) -> {});
  }
}
