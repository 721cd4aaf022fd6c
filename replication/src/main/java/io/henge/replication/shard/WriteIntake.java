package io.henge.replication.shard;

import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.engine.StoreFailedException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.SourceGuess;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where writes come in: checked, measured and queued. Thread-safe; nothing blocks. */
final class WriteIntake {
  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Proposer proposer;
  private final LoadSample load;
  private final WriteChecks checks;

  /**
   * @param load told of keys that are written
   */
  WriteIntake(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      Proposer proposer,
      LoadSample load) {
    this.environment = environment;
    this.machine = machine;
    this.store = store;
    this.proposer = proposer;
    this.load = load;
    this.checks = new WriteChecks(environment, machine, proposer);
  }

  /**
   * See {@link ShardReplica#write}.
   *
   * @param running null before the group runs
   */
  void take(
      WriteCommand command,
      long deadlineNanos,
      Completion<WriteOutcome> completion,
      @Nullable ConsensusGroup running) {
    WriteOutcome refusal = checks.refusal(command, deadlineNanos, running);
    if (refusal == null) {
      PendingWrite write =
          new PendingWrite(
              command,
              deadlineNanos,
              completion,
              EntryCodec.bytesMax(command),
              EntryCodec.weight(command),
              EntryCodec.patches(command),
              machine.state().derivations(command));
      if (proposer.offer(write)) {
        load.note(command.mutations().get(0).key());
        return;
      }
      refusal =
          Refusals.busy(
              "too many writes wait: at most "
                  + environment.limits().queuedWritesMax()
                  + " writes and "
                  + environment.limits().queuedBytesMax()
                  + " bytes may",
              machine.state(),
              environment.limits().retryAfterMillis());
    }
    Completions.deliver(completion, refusal);
  }

  /** See {@link ShardReplica#likelyLacking}. */
  List<SourceKey> likelyLacking(WriteCommand command) {
    ShardState state = machine.state();
    ShardDescription shard = state.shard();
    if (!SourceGuess.isWorthIt(state, command)
        || shard == null
        || !shard.contains(command.mutations().get(0).key())
        || state.reshaping().isFrozen()) {
      return List.of();
    }
    try (ReadView view = store.latest()) {
      return SourceGuess.of(state, view, command);
    } catch (StoreClosedException | StoreFailedException e) {
      // Whoever proposes it will hear of that.
      return List.of();
    }
  }
}
