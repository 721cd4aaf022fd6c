package io.henge.server.node;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.DerivedReport;
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
import io.henge.replication.shard.LoadShape;
import io.henge.replication.shard.ReplicaStatistics;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.Spaces;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says how this node is. */
final class NodeReporter {
  static final String LEADER = "leader";

  /** Where less happens per second, nobody asks where. */
  private static final double SHAPED_RATE = 100;

  private final Supplier<NodeRecord> self;
  private final ShardHost shards;
  private final MetaHost meta;
  private final Arrivals arrivals;
  private final LongSupplier clockMillis;
  private final String softwareVersion;
  private final LoadRates rates = new LoadRates();
  private final long startedNanos = System.nanoTime();

  NodeReporter(
      Supplier<NodeRecord> self,
      ShardHost shards,
      MetaHost meta,
      Arrivals arrivals,
      LongSupplier clockMillis,
      String softwareVersion) {
    this.self = self;
    this.shards = shards;
    this.meta = meta;
    this.arrivals = arrivals;
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
      ShardReport.Builder part = shard(shard.id(), group, shard.description(), statistics);
      addReshaping(part, shard, statistics);
      report.addShards(part);
      replicas++;
      leaders += group.isLeader() ? 1 : 0;
      bytes += statistics.store().diskBytes() + statistics.store().memtableBytes();
    }
    rates.keep(shards.all().stream().map(HostedShard::id).collect(Collectors.toUnmodifiableSet()));
    return report
        .setStatus(status.setReplicas(replicas).setLeaders(leaders).setBytes(bytes))
        .build();
  }

  /** What is under way with its range, and what it holds and does. */
  private void addReshaping(
      ShardReport.Builder report, HostedShard shard, ReplicaStatistics statistics) {
    ShardState state = shard.machine().state();
    ShardDescription range = state.shard();
    Reshaping reshaping = state.reshaping();
    if (range != null) {
      report.setStart(ByteString.copyFrom(range.start())).setEnd(ByteString.copyFrom(range.end()));
      try {
        report.setLiveBytes(Spaces.approximateBytes(shard.store(), range.start(), range.end()));
      } catch (StoreClosedException e) {
        // It is being stopped.
      }
    }
    for (Child child : reshaping.children()) {
      report.addChildren(
          ChildReport.newBuilder()
              .setShardId(child.childId())
              .setOperationId(child.operationId())
              .setStart(ByteString.copyFrom(child.description().start()))
              .setEnd(ByteString.copyFrom(child.description().end()))
              .setEpoch(child.description().epoch())
              .addAllNodeIds(child.members()));
    }
    report.setCatalogueVersion(state.catalogueVersion());
    for (DerivedState derived : state.derived().all()) {
      if (derived.phase() == DerivedState.Phase.READY) {
        report.addDerivedReady(derived.id());
      } else {
        boolean failed = derived.phase() == DerivedState.Phase.FAILED;
        report.addDerived(
            DerivedReport.newBuilder()
                .setId(derived.id())
                .setDropping(derived.phase() == DerivedState.Phase.DROPPING)
                .setFailure(failed ? "a document cannot be indexed" : ""));
      }
    }
    Reshaping.Frozen frozen = reshaping.frozen();
    if (frozen != null) {
      report.setFrozenBy(frozen.operationId()).setSealed(frozen.sealed());
    }
    Reshaping.Absorbing absorbing = reshaping.absorbing();
    if (absorbing != null) {
      report.setAbsorbingBy(absorbing.operationId()).setAbsorbedBytes(absorbing.bytes());
    }
    Reshaping.Operation last = reshaping.lastOperation();
    if (last != null) {
      report.setLastOperation(last.id());
    }
    LoadRates.Rates load =
        rates.take(shard.id(), System.nanoTime(), statistics.reads(), statistics.writes());
    report
        .setUntrimmed(reshaping.untrimmed() != null)
        .setReadsPerSecond(load.reads())
        .setWritesPerSecond(load.writes());
    ConsensusGroup group = shard.group();
    if (group != null && group.isLeader() && load.reads() + load.writes() > SHAPED_RATE) {
      LoadShape shape = shard.replica().load();
      report
          .setLoadMiddle(ByteString.copyFrom(shape.middle()))
          .setHottestKeyShare(shape.hottestShare());
    }
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
    arrivals.addTo(report);
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
