package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.v1.NodeRecord;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.router.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Members and leaders of groups that are led here, and of others through their leaders. */
final class GroupControl {
  private static final Logger LOG = LoggerFactory.getLogger(GroupControl.class);
  private static final Duration CHANGE = Duration.ofSeconds(60);
  private static final Duration TRANSFER = Duration.ofSeconds(5);
  private static final long HAND_OVER_MILLIS = 3_000;

  private final String self;
  private final Supplier<MetaView> view;
  private final MetaHost meta;
  private final ShardHost shards;
  private final Peers peers;

  GroupControl(String self, Supplier<MetaView> view, MetaHost meta, ShardHost shards, Peers peers) {
    this.self = self;
    this.view = view;
    this.meta = meta;
    this.shards = shards;
    this.peers = peers;
  }

  private ConsensusGroup group(long shardId) {
    ConsensusGroup group = shardId == GroupId.META ? meta.group() : shards.require(shardId).group();
    if (group == null) {
      throw new HengeException(
          ErrorCode.NOT_LEADER, "node " + self + " has no replica of " + new GroupId(0, shardId));
    }
    return group;
  }

  CompletableFuture<ChangeMembersResponse> changeMembersHere(ChangeMembersRequest request) {
    List<Member> members = new ArrayList<>();
    ConsensusGroup group;
    try {
      group = group(request.getShardId());
      for (String nodeId : request.getNodeIdsList()) {
        NodeRecord node = view.get().state().node(nodeId);
        if (node == null) {
          throw new HengeException(
              ErrorCode.UNAVAILABLE, "node " + nodeId + " is not known here yet");
        }
        members.add(new Member(nodeId, node.getRaftAddress()));
      }
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return group.changeMembers(members, CHANGE).thenApply(GroupControl::changed);
  }

  private static ChangeMembersResponse changed(Membership members) {
    ChangeMembersResponse.Builder response =
        ChangeMembersResponse.newBuilder().setConfIndex(members.index());
    members.members().stream().map(Member::nodeId).forEach(response::addNodeIds);
    return response.build();
  }

  CompletableFuture<Void> transferHere(long shardId, String nodeId) {
    try {
      return shardId == GroupId.META
          ? group(shardId).transferLeadership(nodeId, TRANSFER)
          : shards.require(shardId).replica().transferLeadership(nodeId);
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  CompletableFuture<Void> transferLeader(
      long shardId, String node, Function<Shard, CompletableFuture<String>> leaderOf) {
    NodeRecord target = view.get().map().nodeByName(node);
    target = target != null ? target : view.get().map().node(node);
    Shard shard = view.get().map().shard(shardId);
    if (target == null || shard == null) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.NOT_FOUND,
              target == null ? "node: there is no " + node : "shard_id: there is no " + shardId));
    }
    String to = target.getNodeId();
    if (!shard.replicas().contains(to)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "node: "
                  + node
                  + " holds no replica of shard "
                  + shardId
                  + "; one of "
                  + shard.replicas()
                  + " expected"));
    }
    return leaderOf
        .apply(shard)
        .thenCompose(
            leader -> {
              if (leader.equals(to)) {
                return CompletableFuture.completedFuture(null);
              }
              return leader.equals(self)
                  ? transferHere(shardId, to)
                  : transferAt(leader, shardId, to);
            });
  }

  private CompletableFuture<Void> transferAt(String leader, long shardId, String to) {
    return peers
        .transferLeadership(
            leader,
            TransferLeadershipRequest.newBuilder().setShardId(shardId).setNodeId(to).build())
        .thenApply(
            response -> {
              if (response.hasError()) {
                throw new HengeException(
                    ErrorCode.of(response.getError().getCode()), response.getError().getMessage());
              }
              return null;
            });
  }

  /** Hands leadership over as far as others are there to take it; waits for it for a while. */
  void handOver() {
    CompletableFuture<Void> shardsDone = shards.handOver();
    CompletableFuture<Void> metaDone = handOverMeta();
    try {
      CompletableFuture.allOf(shardsDone, metaDone).get(HAND_OVER_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.info("leadership was not handed over everywhere: {}", Failures.known(e).getMessage());
    }
  }

  private CompletableFuture<Void> handOverMeta() {
    ConsensusGroup group = meta.group();
    if (group == null || !group.isLeader()) {
      return CompletableFuture.completedFuture(null);
    }
    return group.membership().members().stream()
        .map(Member::nodeId)
        .filter(node -> !node.equals(self))
        .min(Comparator.comparingLong(group::silentMillis))
        .map(
            node ->
                group
                    .transferLeadership(node, Duration.ofSeconds(2))
                    .exceptionally(failure -> null))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }
}
