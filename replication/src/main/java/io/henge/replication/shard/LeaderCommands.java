package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Entries that the node itself has proposed, not its clients: checked, and only on the leader.
 * Thread-safe; nothing blocks.
 */
final class LeaderCommands {
  private final ShardStateMachine machine;
  private final Proposer proposer;
  private final Supplier<@Nullable ConsensusGroup> group;

  /**
   * @param group null before it runs
   */
  LeaderCommands(
      ShardStateMachine machine, Proposer proposer, Supplier<@Nullable ConsensusGroup> group) {
    this.machine = machine;
    this.proposer = proposer;
    this.group = group;
  }

  /** See {@link ShardReplica#installCatalogue}. */
  CompletableFuture<Void> installCatalogue(List<CollectionInfo> collections) {
    ConsensusGroup running = group.get();
    if (!proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeaderOf(running));
    }
    ShardState state = machine.state();
    List<CollectionInfo> unknown =
        collections.stream().filter(collection -> !state.knows(collection)).toList();
    return unknown.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : proposer.entries().install(unknown);
  }

  /** See {@link ShardReplica#reshape}. */
  CompletableFuture<ReshapeOutcome> reshape(ReshapeCommand command) {
    ConsensusGroup running = group.get();
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeaderOf(running));
    }
    String unreadable = command.unreadable();
    return unreadable == null
        ? proposer.entries().propose(command)
        : CompletableFuture.failedFuture(HengeException.invalid(unreadable));
  }

  /** See {@link ShardReplica#follow}. */
  CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
    ConsensusGroup running = group.get();
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeaderOf(running));
    }
    String refusal = unfit(commands, proposer.entryBytesMax(running));
    return refusal == null
        ? proposer.entries().propose(commands)
        : CompletableFuture.failedFuture(HengeException.invalid(refusal));
  }

  private static @Nullable String unfit(List<FollowCommand> commands, int bytesMax) {
    if (commands.isEmpty() || commands.size() > FollowCommand.COMMANDS_MAX) {
      return "commands: 1 to " + FollowCommand.COMMANDS_MAX + " expected, found " + commands.size();
    }
    long bytes = EntryCodec.WRITES_BYTES;
    for (FollowCommand command : commands) {
      if (command.kind() != commands.get(0).kind()) {
        return "commands: they are of different kinds";
      }
      bytes += EntryCodec.bytesMax(command);
    }
    return bytes > bytesMax
        ? "commands: at most " + bytesMax + " bytes expected, found " + bytes
        : null;
  }
}
