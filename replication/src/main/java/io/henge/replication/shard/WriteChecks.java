package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a write must fulfil before it takes a place in the queue. Thread-safe. */
final class WriteChecks {
  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final Proposer proposer;

  WriteChecks(ReplicaEnvironment environment, ShardStateMachine machine, Proposer proposer) {
    this.environment = environment;
    this.machine = machine;
    this.proposer = proposer;
  }

  /** Why a write is not even queued; null = it may be. */
  @Nullable WriteOutcome refusal(
      WriteCommand command, long deadlineNanos, @Nullable ConsensusGroup running) {
    ShardState state = machine.state();
    if (!proposer.isLeading() || running == null) {
      return Refusals.notLeader(state, running == null ? null : running.leader());
    }
    ShardDescription shard = state.shard();
    List<Mutation> mutations = command.mutations();
    // The others are looked at in apply: a write that a boundary divides is refused there for good,
    // or answered, if it took effect before the boundary was there.
    if (shard != null && !mutations.isEmpty() && !shard.contains(mutations.get(0).key())) {
      return Refusals.of(ErrorCode.WRONG_SHARD, StoreReads.wrongShardMessage(shard), state);
    }
    ReplicaLimits limits = environment.limits();
    if (state.reshaping().isFrozen()) {
      return Refusals.busy(
          "the shard is being merged into its neighbour",
          state,
          Math.max(limits.retryAfterMillis(), 50));
    }
    if (shard == null && !proposer.canCreate()) {
      return Refusals.busy(
          "the shard has no range yet", state, Math.max(limits.retryAfterMillis(), 100));
    }
    long ahead = command.notAfterMillis() - environment.clock().millis();
    if (ahead > limits.notAfterAheadMillisMax()) {
      return Refusals.of(
          ErrorCode.INVALID_ARGUMENT,
          "not-after time: at most "
              + limits.notAfterAheadMillisMax()
              + " ms ahead of the leader's clock expected, found "
              + ahead
              + " ms; learn the cluster's time from its answers",
          state);
    }
    long bytes = EntryCodec.bytesMax(command) + EntryCodec.WRITES_BYTES;
    if (bytes > proposer.entryBytesMax(running)) {
      return Refusals.of(
          ErrorCode.INVALID_ARGUMENT,
          "write: at most "
              + proposer.entryBytesMax(running)
              + " bytes expected, found "
              + bytes
              + "; divide it",
          state);
    }
    if (machine.requestBytes() > limits.requestBytesMax()) {
      return Refusals.busy(
          "the memory for remembered writes is full: "
              + limits.requestBytesMax()
              + " bytes; it becomes free when their not-after times have passed",
          state,
          Math.max(limits.retryAfterMillis(), 100));
    }
    if (deadlineNanos - environment.nanoTime().getAsLong() <= 0) {
      return Refusals.of(ErrorCode.DEADLINE, "the deadline has passed already", state);
    }
    return null;
  }
}
