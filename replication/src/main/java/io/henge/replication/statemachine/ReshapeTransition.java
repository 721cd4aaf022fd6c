package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import org.jspecify.annotations.Nullable;

/**
 * One step of a split or merge as it is applied: the shard before it, the rows that it changes, and
 * the shard after it. Of the applying thread.
 */
final class ReshapeTransition {
  private final ShardState before;
  private final WriteRows rows;
  private ShardState after;
  private @Nullable Child born;

  ReshapeTransition(ShardState before, WriteRows rows) {
    this.before = before;
    this.rows = rows;
    this.after = before;
  }

  ShardState before() {
    return before;
  }

  WriteRows rows() {
    return rows;
  }

  ShardState after() {
    return after;
  }

  void after(ShardState state) {
    after = state;
  }

  /** The child, if it was a split and took effect. */
  @Nullable Child born() {
    return born;
  }

  void born(Child child) {
    born = child;
  }

  /** It took effect, and this is what the shard is about now. */
  ReshapeOutcome done(Reshaping changed) {
    after = after.with(changed);
    return ReshapeOutcome.DONE;
  }

  /** Deletes a range of the ring; empty is its beginning, or its end. */
  void deleteRange(byte[] from, byte[] to) {
    for (KeySpace space : Spaces.IN_RING_ORDER) {
      rows.deleteRange(space, from, to);
    }
  }

  /**
   * What to say to a step of an operation that is over, or of an earlier one; null if it is not.
   *
   * @param deciding whether the step is the one that the operation is done with
   */
  static @Nullable ReshapeOutcome ifOver(long operationId, Reshaping now, boolean deciding) {
    Reshaping.Operation last = now.lastOperation();
    if (last == null || Long.compareUnsigned(operationId, last.id()) > 0) {
      return null;
    }
    if (operationId == last.id() && last.done() && deciding) {
      return ReshapeOutcome.REPEATED;
    }
    return ReshapeOutcome.refused(
        "operation "
            + operationId
            + " is over: the last one here is "
            + last.id()
            + (last.done() ? ", done" : ", taken back"));
  }
}
