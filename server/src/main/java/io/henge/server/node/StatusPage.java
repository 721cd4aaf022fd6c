package io.henge.server.node;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReplicaStatus;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.ShardStatus;
import io.henge.api.v1.StatusResponse;
import io.henge.router.meta.MetaState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The state of the cluster for an operator: what meta wants, and what nodes have reported. */
final class StatusPage {
  /** A node that has been silent for so long is shown as unreachable. */
  static final long SILENT_MILLIS = 3_000;

  private final MetaState state;
  private final Reports reports;
  private final @Nullable String metaLeader;
  private final List<String> remarks;

  StatusPage(MetaState state, Reports reports, @Nullable String metaLeader, List<String> remarks) {
    this.remarks = remarks;
    this.state = state;
    this.reports = reports;
    this.metaLeader = metaLeader;
  }

  StatusResponse build() {
    StatusResponse.Builder page =
        StatusResponse.newBuilder()
            .setClusterId(state.cluster().getClusterId())
            .setMapVersion(state.version())
            .setReplicationTarget(state.cluster().getReplicationTarget())
            .setFeatureLevel(state.cluster().getFeatureLevel());
    if (metaLeader != null) {
      page.setMetaLeaderNodeId(metaLeader);
    }
    int factor = Integer.MAX_VALUE;
    for (ShardRow row : state.shards()) {
      page.addShards(shard(row));
      factor = Math.min(factor, row.getReplicaNodeIdsCount());
    }
    page.setReplicationFactor(factor == Integer.MAX_VALUE ? 0 : factor);
    for (NodeRecord node : state.nodes()) {
      if (node.getState() != NodeState.NODE_STATE_REMOVED) {
        page.addNodes(node(node));
      }
    }
    return page.addAllRemarks(remarks).build();
  }

  private NodeStatus node(NodeRecord node) {
    Reports.Heard heard = reports.of(node.getNodeId());
    NodeStatus.Builder status =
        heard == null ? NodeStatus.newBuilder() : heard.report().getStatus().toBuilder();
    long age = reports.ageMillis(node.getNodeId());
    return status
        .setNode(node)
        .setReachable(age <= SILENT_MILLIS)
        .setHeardMillisAgo(heard == null ? 0 : age)
        .build();
  }

  private ShardStatus shard(ShardRow row) {
    Map<String, ReplicaStatus> replicas = new TreeMap<>();
    String leader = null;
    long term = -1;
    for (Map.Entry<String, Reports.Heard> each : reports.all().entrySet()) {
      for (ShardReport report : each.getValue().report().getShardsList()) {
        if (report.getShardId() != row.getShardId()) {
          continue;
        }
        ReplicaStatus replica = report.getReplica();
        replicas.put(each.getKey(), replica);
        boolean leads =
            replica.getRole().equals("leader")
                && reports.ageMillis(each.getKey()) <= SILENT_MILLIS
                && replica.getTerm() > term;
        if (leads) {
          // Of two that say so the one of the newer term is right.
          leader = each.getKey();
          term = replica.getTerm();
        }
      }
    }
    ShardDescriptor descriptor = MetaState.shardOf(row).withLeader(leader).toDescriptor();
    return ShardStatus.newBuilder().setShard(descriptor).addAllReplicas(replicas.values()).build();
  }
}
