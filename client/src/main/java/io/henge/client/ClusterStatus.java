package io.henge.client;

import java.util.List;

/**
 * What the cluster says of itself.
 *
 * @param replicationFactor copies that every shard has now
 * @param replicationTarget copies it shall have once there are enough nodes
 * @param remarks sentences for an operator: what is less than it should be, and why
 */
public record ClusterStatus(
    String clusterId,
    long mapVersion,
    int replicationFactor,
    int replicationTarget,
    int featureLevel,
    String metaLeader,
    List<Node> nodes,
    List<Shard> shards,
    List<String> remarks) {

  /** A node. */
  public record Node(
      String id,
      String name,
      String clientAddress,
      String raftAddress,
      String httpAddress,
      String zone,
      String state,
      boolean reachable,
      long uptimeMillis,
      int replicas,
      int leaders,
      long bytes,
      String version) {}

  /**
   * A shard.
   *
   * @param start first physical key of its range
   * @param end first physical key beyond it; empty = the end of the ring
   */
  public record Shard(
      long id, long epoch, byte[] start, byte[] end, String leader, List<Replica> replicas) {}

  /** A replica of a shard. */
  public record Replica(
      String node,
      String role,
      long term,
      long appliedIndex,
      long durableIndex,
      long logStartIndex,
      long items,
      long bytes,
      long writes,
      long reads) {}
}
