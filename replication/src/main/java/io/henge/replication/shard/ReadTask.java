package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.api.item.ReadLevel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A read on its way: of items, of a range, or of nothing but the applied index. */
final class ReadTask {
  /** Null for a range and for an index. */
  final @Nullable ReadCommand items;

  /** Null for items and for an index. */
  final @Nullable RangeCommand range;

  final long deadlineNanos;
  final Completion<ReadOutcome> completion;

  /** What is not known yet; see {@link #stalenessMillis}. */
  static final long UNDECIDED = -2;

  /**
   * How far behind the replica may be, found out when it was decided that the read may be served: 0
   * where that was the leader. Set before the task is handed on.
   */
  long stalenessMillis = UNDECIDED;

  /**
   * Whether the lease does not help it: only an entry that was proposed after it came shows what is
   * committed. Set before the task is handed on.
   */
  boolean needsEntry;

  private ReadTask(
      @Nullable ReadCommand items,
      @Nullable RangeCommand range,
      long deadlineNanos,
      Completion<ReadOutcome> completion) {
    this.items = items;
    this.range = range;
    this.deadlineNanos = deadlineNanos;
    this.completion = completion;
  }

  static ReadTask of(ReadCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    return new ReadTask(command, null, deadlineNanos, completion);
  }

  static ReadTask of(RangeCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    return new ReadTask(null, command, deadlineNanos, completion);
  }

  static ReadTask ofIndex(long deadlineNanos, Completion<ReadOutcome> completion) {
    return new ReadTask(null, null, deadlineNanos, completion);
  }

  ReadLevel level() {
    if (items != null) {
      return items.level();
    }
    return range != null ? range.level() : ReadLevel.linearizable();
  }

  void fail(HengeException error) {
    completion.complete(new ReadOutcome(error, List.of(), null, 0, 0, -1, -1));
  }
}
