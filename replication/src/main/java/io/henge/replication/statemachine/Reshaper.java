package io.henge.replication.statemachine;

import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import org.jspecify.annotations.Nullable;

/**
 * Applies the steps of splits and merges: checks each against what is there, and says what has
 * become of it. Nothing is written before everything is checked. Of the applying thread.
 */
final class Reshaper {
  private final SplitSteps splits;
  private final MergeSteps merges;

  // Of the last step.
  private ShardState after;
  private @Nullable Child born;

  Reshaper(
      ShardStore store,
      EntryReads reads,
      ExpiryIndex expiry,
      RequestMemory memory,
      ChangeHistory history,
      ShardState initial) {
    this.splits = new SplitSteps(store, reads);
    this.merges = new MergeSteps(reads, new RowsAbsorber(reads, expiry, memory, history));
    this.after = initial;
  }

  void seeds(SeedMaker maker) {
    splits.seeds(maker);
  }

  /**
   * Applies a step.
   *
   * @param state the shard before it, at the entry's position and time
   */
  ReshapeOutcome apply(ReshapeCommand command, ShardState state, WriteRows rows) {
    ReshapeTransition step = new ReshapeTransition(state, rows);
    ShardDescription shard = state.shard();
    ReshapeOutcome outcome;
    if (shard == null) {
      outcome = ReshapeOutcome.refused("the shard is not set up yet");
    } else {
      outcome = dispatch(step, command, shard, state.reshaping());
      SystemRows.put(rows, state.reshaping(), step.after().reshaping());
    }
    after = step.after();
    born = step.born();
    return outcome;
  }

  /** The shard after the last step. */
  ShardState after() {
    return after;
  }

  /** The child of the last step, if it was a split and took effect. */
  @Nullable Child born() {
    return born;
  }

  private ReshapeOutcome dispatch(
      ReshapeTransition step, ReshapeCommand command, ShardDescription shard, Reshaping now) {
    if (command instanceof ReshapeCommand.Split split) {
      return splits.split(step, split, shard, now);
    }
    if (command instanceof ReshapeCommand.Trim trim) {
      return splits.trim(step, trim, shard, now);
    }
    if (command instanceof ReshapeCommand.Freeze freeze) {
      return merges.freeze(step, freeze, shard, now);
    }
    if (command instanceof ReshapeCommand.Seal seal) {
      return merges.seal(step, seal, now);
    }
    if (command instanceof ReshapeCommand.Thaw thaw) {
      return merges.thaw(step, thaw, now);
    }
    if (command instanceof ReshapeCommand.Absorb absorb) {
      return merges.absorb(step, absorb, shard, now);
    }
    if (command instanceof ReshapeCommand.AbsorbRows absorbed) {
      return merges.absorbRows(step, absorbed, now);
    }
    if (command instanceof ReshapeCommand.AbsorbCommit commit) {
      return merges.commit(step, commit, shard, now);
    }
    if (command instanceof ReshapeCommand.AbsorbAbort abort) {
      return merges.abort(step, abort, now);
    }
    throw new IllegalStateException("not known: " + command.kind());
  }
}
