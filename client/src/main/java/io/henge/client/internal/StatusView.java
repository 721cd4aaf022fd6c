package io.henge.client.internal;

import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReplicaStatus;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.ShardStatus;
import io.henge.api.v1.StatusResponse;
import io.henge.client.ClusterStatus;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The cluster's status for people: nodes by their names where those are known. */
final class StatusView {
  private final Map<String, String> names = new HashMap<>();

  private StatusView() {}

  static ClusterStatus of(StatusResponse status) {
    StatusView view = new StatusView();
    for (NodeStatus node : status.getNodesList()) {
      view.names.put(node.getNode().getNodeId(), node.getNode().getName());
    }
    return new ClusterStatus(
        status.getClusterId(),
        status.getMapVersion(),
        status.getReplicationFactor(),
        status.getReplicationTarget(),
        status.getFeatureLevel(),
        view.name(status.getMetaLeaderNodeId()),
        status.getNodesList().stream().map(StatusView::node).toList(),
        status.getShardsList().stream().map(view::shard).toList(),
        status.getRemarksList());
  }

  private static ClusterStatus.Node node(NodeStatus status) {
    NodeRecord node = status.getNode();
    return new ClusterStatus.Node(
        node.getNodeId(),
        node.getName(),
        node.getClientAddress(),
        node.getRaftAddress(),
        node.getHttpAddress(),
        node.getZone(),
        node.getState().name().replace("NODE_STATE_", "").toLowerCase(Locale.ROOT),
        status.getReachable(),
        status.getUptimeMillis(),
        status.getReplicas(),
        status.getLeaders(),
        status.getBytes(),
        status.getVersion());
  }

  private ClusterStatus.Shard shard(ShardStatus status) {
    ShardDescriptor shard = status.getShard();
    return new ClusterStatus.Shard(
        shard.getShardId(),
        shard.getEpoch(),
        shard.getStart().toByteArray(),
        shard.getEnd().toByteArray(),
        name(shard.getLeaderNodeId()),
        status.getReplicasList().stream().map(this::replica).toList());
  }

  private ClusterStatus.Replica replica(ReplicaStatus replica) {
    return new ClusterStatus.Replica(
        name(replica.getNodeId()),
        replica.getRole(),
        replica.getTerm(),
        replica.getAppliedIndex(),
        replica.getDurableIndex(),
        replica.getLogStartIndex(),
        replica.getItems(),
        replica.getBytes(),
        replica.getWrites(),
        replica.getReads());
  }

  private String name(String nodeId) {
    return names.getOrDefault(nodeId, nodeId);
  }
}
