package io.henge.server.node;

import io.henge.replication.GroupId;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster this node belongs to, and how far it has come in: what its directory says, and what
 * the cluster's groups are named after. Thread-safe.
 */
final class OwnCluster {
  private final NodeDirectory directory;
  private volatile NodeIdentity identity;

  OwnCluster(NodeDirectory directory, NodeIdentity identity) {
    this.directory = directory;
    this.identity = identity;
  }

  NodeIdentity identity() {
    return identity;
  }

  /** Id of the cluster, empty until it is known. */
  String id() {
    return identity.clusterId();
  }

  boolean isKnown() {
    return !identity.clusterId().isEmpty();
  }

  NodeIdentity.Phase phase() {
    return identity.phase();
  }

  /** The group of a shard; 0 = meta. */
  GroupId group(long shardId) {
    return new GroupId(identity.clusterBits(), shardId);
  }

  /** The shard of a group; null if it is of another cluster. */
  @Nullable Long shardOf(UUID uuid) {
    GroupId group = GroupId.of(uuid);
    return group.cluster() == identity.clusterBits() ? group.shard() : null;
  }

  /** Notes for good that the node is in. Blocks. */
  synchronized void entered(String clusterId) {
    NodeIdentity member = identity.member(clusterId);
    directory.store(member);
    identity = member;
  }
}
