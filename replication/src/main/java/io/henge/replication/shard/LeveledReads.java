package io.henge.replication.shard;

import io.henge.api.item.ReadLevel;
import io.henge.api.item.SessionToken;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a read is served by a state that is new enough for its level: now, behind an
 * entry, or behind what the leader has told. Thread-safe; nothing blocks.
 */
final class LeveledReads {
  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final Lease lease;
  private final Proposer proposer;
  private final WaitingReads waitingReads;
  private final StoreReads reads;
  private final FollowerReads followerReads;
  private final Supplier<@Nullable ConsensusGroup> group;

  /**
   * @param group null if nothing can be read: before it runs, and once the replica is closed
   */
  LeveledReads(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      Lease lease,
      Proposer proposer,
      WaitingReads waitingReads,
      StoreReads reads,
      FollowerReads followerReads,
      Supplier<@Nullable ConsensusGroup> group) {
    this.environment = environment;
    this.machine = machine;
    this.lease = lease;
    this.proposer = proposer;
    this.waitingReads = waitingReads;
    this.reads = reads;
    this.followerReads = followerReads;
    this.group = group;
  }

  void read(ReadTask task) {
    ConsensusGroup running = group.get();
    if (running == null) {
      task.fail(Refusals.notLeaderOf(null));
      return;
    }
    ReadLevel level = task.level();
    if (level instanceof ReadLevel.Eventual) {
      reads.serve(task);
    } else if (level instanceof ReadLevel.Session session) {
      readInSession(task, session.token());
    } else if (proposer.isLeading()) {
      readAsLeader(task);
    } else if (level instanceof ReadLevel.Bounded bounded) {
      followerReads.atMostSoOld(task, bounded.stalenessMillisMax());
    } else {
      task.fail(Refusals.notLeader(running.leader()));
    }
  }

  /**
   * A leader need not wait for a version that its shard may never reach: a token's parts may be
   * larger than what was seen. Its applied state may be behind what the session has seen on a
   * follower, though, so the lease does not help: the read rides on an entry, and sees whatever was
   * committed when it came. So what a session sees never rests on clocks.
   */
  private void readInSession(ReadTask task, SessionToken token) {
    ShardDescription shard = machine.state().shard();
    long version = shard == null ? 0 : token.versionFor(shard.start(), shard.end());
    if (proposer.isLeading() && machine.state().version() < version) {
      task.stalenessMillis = 0;
      task.needsEntry = true;
      waitingReads.add(task);
      proposer.pump();
    } else {
      followerReads.atVersion(task, version);
    }
  }

  private void readAsLeader(ReadTask task) {
    task.stalenessMillis = 0;
    long remaining = lease.remainingNanos();
    if (remaining > 0) {
      if (remaining < environment.lease().lengthNanos() / 3) {
        proposer.wantExtension();
      }
      reads.serve(task);
    } else {
      waitingReads.add(task);
      proposer.pump();
    }
  }

  /** See {@link ShardReplica#readIndex}. */
  CompletableFuture<Long> readIndex(long deadlineNanos) {
    CompletableFuture<Long> index = new CompletableFuture<>();
    if (!proposer.isLeading()) {
      index.completeExceptionally(Refusals.notLeaderOf(group.get()));
      return index;
    }
    readAsLeader(
        ReadTask.ofIndex(
            deadlineNanos,
            outcome -> {
              if (outcome.error() == null) {
                index.complete(outcome.appliedIndex());
              } else {
                index.completeExceptionally(outcome.error());
              }
            }));
    return index;
  }
}
