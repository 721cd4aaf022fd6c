package io.henge.server.node;

import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReplicaStatus;
import io.henge.engine.StoreClosedException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.shard.ReplicaStatistics;
import io.henge.replication.statemachine.ShardDescription;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Says how this node is. */
final class NodeReporter {
  static final String LEADER = "leader";

  private final Supplier<NodeRecord> self;
  private final ShardHost shards;
  private final MetaHost meta;
  private final LongSupplier clockMillis;
  private final String softwareVersion;
  private final long startedNanos = System.nanoTime();

  NodeReporter(
      Supplier<NodeRecord> self,
      ShardHost shards,
      MetaHost meta,
      LongSupplier clockMillis,
      String softwareVersion) {
    this.self = self;
    this.shards = shards;
    this.meta = meta;
    this.clockMillis = clockMillis;
    this.softwareVersion = softwareVersion;
  }

  NodeReport report() {
    NodeReport.Builder report = NodeReport.newBuilder().setClockMillis(clockMillis.getAsLong());
    NodeStatus.Builder status =
        NodeStatus.newBuilder()
            .setNode(self.get())
            .setReachable(true)
            .setUptimeMillis((System.nanoTime() - startedNanos) / 1_000_000)
            .setVersion(softwareVersion);
    int replicas = 0;
    int leaders = 0;
    long bytes = 0;
    ConsensusGroup metaGroup = meta.group();
    if (metaGroup != null) {
      report.addShards(shard(GroupId.META, metaGroup, null, null));
    }
    for (HostedShard shard : shards.all()) {
      ConsensusGroup group = shard.group();
      if (group == null) {
        continue;
      }
      ReplicaStatistics statistics;
      try {
        statistics = shard.replica().statistics();
      } catch (StoreClosedException e) {
        // It is being stopped.
        continue;
      }
      report.addShards(shard(shard.id(), group, shard.description(), statistics));
      replicas++;
      leaders += group.isLeader() ? 1 : 0;
      bytes += statistics.store().diskBytes() + statistics.store().memtableBytes();
    }
    return report
        .setStatus(status.setReplicas(replicas).setLeaders(leaders).setBytes(bytes))
        .build();
  }

  private ShardReport.Builder shard(
      long id,
      ConsensusGroup group,
      @Nullable ShardDescription description,
      @Nullable ReplicaStatistics statistics) {
    Membership members = group.membership();
    String node = self.get().getNodeId();
    String role =
        group.isLeader()
            ? LEADER
            : !members.contains(node)
                ? "joining"
                : group.leader() != null ? "follower" : "candidate";
    ReplicaStatus.Builder replica =
        ReplicaStatus.newBuilder()
            .setNodeId(node)
            .setRole(role)
            .setTerm(group.term())
            .setLogStartIndex(group.logStartIndex());
    if (statistics != null) {
      replica
          .setAppliedIndex(statistics.applied().index())
          .setDurableIndex(statistics.durable().index())
          .setItems(statistics.store().rowsEstimated())
          .setBytes(statistics.store().diskBytes() + statistics.store().memtableBytes())
          .setWrites(statistics.writes())
          .setReads(statistics.reads());
    }
    ShardReport.Builder report = ShardReport.newBuilder().setShardId(id).setReplica(replica);
    if (description != null) {
      report.setEpoch(description.epoch());
    }
    if (group.isLeader() && members.stable()) {
      members.members().stream().map(Member::nodeId).forEach(report::addMemberNodeIds);
      report.setConfIndex(members.index());
    }
    return report;
  }
}
