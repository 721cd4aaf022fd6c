package io.henge.server.reshape;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.FlushShardRequest;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.SplitShardResponse;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.shard.NotLeaderException;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.server.node.Failures;
import io.henge.server.node.LocalShard;
import io.henge.server.node.Peers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Cuts a shard that is led here. Blocks; one run for each shard at a time. */
final class SplitDriver {
  private static final Logger LOG = LoggerFactory.getLogger(SplitDriver.class);
  private static final Duration FLUSH = Duration.ofSeconds(30);

  private final String self;
  private final Peers peers;

  SplitDriver(String self, Peers peers) {
    this.self = self;
    this.peers = peers;
  }

  SplitShardResponse split(LocalShard shard, SplitShardRequest request) {
    Child there = child(shard, request);
    if (there != null) {
      return response(there);
    }
    requireLeading(shard);
    ShardDescription range = requireReady(shard, request);
    List<String> members = requireMembers(shard);
    byte[] at =
        request.getAt().isEmpty()
            ? new SplitPoint(shard.store(), shard.machine().state()::collection, range).middle()
            : request.getAt().toByteArray();
    // What is left to flush when the entry is applied is what clients wait for.
    flush(shard, members);
    shard.flush();
    Waiting.step(
        shard.replica(),
        new ReshapeCommand.Split(
            request.getOperationId(), request.getChildId(), at, range.epoch(), members));
    Child child = child(shard, request);
    if (child == null) {
      // Trimmed already, or another leader's.
      throw new HengeException(
          ErrorCode.UNAVAILABLE,
          "shard "
              + shard.id()
              + " has been cut by operation "
              + request.getOperationId()
              + " before; look at its state again");
    }
    LOG.info(
        "shard {} has been cut: shard {} begins at {}",
        shard.id(),
        child.childId(),
        ByteString.copyFrom(child.description().start()));
    return response(child);
  }

  private static @Nullable Child child(LocalShard shard, SplitShardRequest request) {
    return shard.machine().state().reshaping().child(request.getChildId());
  }

  static void requireLeading(LocalShard shard) {
    if (!shard.consensus().isLeader()) {
      throw new NotLeaderException(
          "shard " + shard.id() + " is led elsewhere", shard.consensus().leader());
    }
  }

  private static ShardDescription requireReady(LocalShard shard, SplitShardRequest request) {
    Reshaping reshaping = shard.machine().state().reshaping();
    ShardDescription range = shard.machine().state().shard();
    if (range == null) {
      throw new HengeException(ErrorCode.BUSY, "shard " + shard.id() + " has not begun yet");
    }
    if (reshaping.frozen() != null || reshaping.absorbing() != null) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED, "shard " + shard.id() + " is being merged");
    }
    if (request.getExpectedEpoch() != 0 && request.getExpectedEpoch() != range.epoch()) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED,
          "epoch: shard "
              + shard.id()
              + " is at epoch "
              + range.epoch()
              + ", expected was "
              + request.getExpectedEpoch());
    }
    return range;
  }

  private static List<String> requireMembers(LocalShard shard) {
    Membership membership = shard.consensus().membership();
    if (!membership.stable()) {
      throw new HengeException(
          ErrorCode.BUSY, "the members of shard " + shard.id() + " are being changed");
    }
    return membership.members().stream().map(Member::nodeId).toList();
  }

  /** A majority must be near, or the halves would stand still together. */
  private void flush(LocalShard shard, List<String> members) {
    FlushShardRequest request = FlushShardRequest.newBuilder().setShardId(shard.id()).build();
    List<CompletableFuture<?>> answers = new ArrayList<>();
    for (String member : members) {
      if (!member.equals(self)) {
        answers.add(peers.reshaper(member).flushShard(request));
      }
    }
    shard.flush();
    int near = 1;
    HengeException failure = null;
    for (CompletableFuture<?> answer : answers) {
      try {
        Waiting.on(answer, FLUSH);
        near++;
      } catch (HengeException e) {
        failure = Failures.known(e);
      }
    }
    if (near * 2 <= members.size()) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE,
          "shard "
              + shard.id()
              + ": only "
              + near
              + " of "
              + members.size()
              + " members answer; it is cut when more do",
          failure);
    }
  }

  private static SplitShardResponse response(Child child) {
    return SplitShardResponse.newBuilder()
        .setChild(
            ChildReport.newBuilder()
                .setShardId(child.childId())
                .setOperationId(child.operationId())
                .setStart(ByteString.copyFrom(child.description().start()))
                .setEnd(ByteString.copyFrom(child.description().end()))
                .setEpoch(child.description().epoch())
                .addAllNodeIds(child.members()))
        .build();
  }
}
