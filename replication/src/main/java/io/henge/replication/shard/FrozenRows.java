package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbRows;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.RowsDigest;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.Spaces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a frozen shard's rows as they are stored. Nothing changes them while it is frozen, so pages
 * that are read one after another, even from one leader and then the next, are one state.
 * Thread-safe; reads on the reader threads.
 */
final class FrozenRows {
  private static final byte[] NOTHING = new byte[0];
  private static final int PAGE_BYTES_MAX = 2 << 20;

  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Executor readers;
  private final long retryAfterMillis;
  private final BooleanSupplier leads;

  FrozenRows(
      ShardStateMachine machine,
      ShardStore store,
      Executor readers,
      long retryAfterMillis,
      BooleanSupplier leads) {
    this.machine = machine;
    this.store = store;
    this.readers = readers;
    this.retryAfterMillis = retryAfterMillis;
    this.leads = leads;
  }

  CompletableFuture<FrozenPage> page(long operationId, byte[] after, int bytesMax) {
    return read(() -> readPage(operationId, after, Math.min(bytesMax, PAGE_BYTES_MAX)));
  }

  CompletableFuture<FrozenDigest> digest(long operationId) {
    return read(() -> readDigest(operationId));
  }

  private <T> CompletableFuture<T> read(Supplier<T> work) {
    if (!leads.getAsBoolean()) {
      return CompletableFuture.failedFuture(Refusals.notLeader(null));
    }
    try {
      return CompletableFuture.supplyAsync(work, readers);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.BUSY, "too many reads wait for the disk", retryAfterMillis, null));
    }
  }

  private FrozenPage readPage(long operationId, byte[] after, int bytesMax) {
    ShardDescription shard = requireFrozen(machine.state(), operationId);
    List<RawRow> rows = new ArrayList<>();
    long[] bytes = {0};
    boolean all =
        walk(
            shard,
            after,
            row -> {
              if (!rows.isEmpty() && bytes[0] + row.bytes() > bytesMax) {
                return false;
              }
              rows.add(row);
              bytes[0] += row.bytes();
              return true;
            });
    // Not thawed meanwhile.
    requireFrozen(machine.visible(), operationId);
    byte[] to = all ? AbsorbRows.END : rows.get(rows.size() - 1).position();
    return new FrozenPage(after, to, rows, bytes[0]);
  }

  private FrozenDigest readDigest(long operationId) {
    ShardState state = machine.state();
    ShardDescription shard = requireFrozen(state, operationId);
    RowsDigest digest = new RowsDigest(0, 0);
    walk(
        shard,
        NOTHING,
        row -> {
          digest.add(row);
          return true;
        });
    requireFrozen(machine.visible(), operationId);
    return new FrozenDigest(
        shard.epoch(),
        state.timeMillis(),
        state.version(),
        state.collections(),
        digest.rows(),
        digest.checksum(),
        state.derived().ready());
  }

  /** Shows all rows behind a position; false if the visitor has ended it. */
  private boolean walk(ShardDescription shard, byte[] after, Predicate<RawRow> visitor) {
    if (Arrays.equals(after, AbsorbRows.END)) {
      return true;
    }
    if (after.length > 0 && Spaces.COPIED.stream().noneMatch(space -> space.code() == after[0])) {
      throw HengeException.invalid("after: a position in one of " + Spaces.COPIED + " expected");
    }
    byte[] key = after.length == 0 ? NOTHING : Arrays.copyOfRange(after, 1, after.length);
    try (ReadView view = store.snapshot()) {
      for (KeySpace space : Spaces.COPIED) {
        boolean begun = after.length > 0 && after[0] == space.code();
        boolean over = after.length > 0 && !begun && space.code() < after[0];
        if (!over && !walk(view, shard, space, begun ? key : null, visitor)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * @param behind key that was the last one; null = from the beginning
   */
  private static boolean walk(
      ReadView view,
      ShardDescription shard,
      KeySpace space,
      byte @Nullable [] behind,
      Predicate<RawRow> visitor) {
    boolean ring = Spaces.isInRingOrder(space);
    byte[] from = behind == null ? NOTHING : behind;
    if (ring && Arrays.compareUnsigned(from, shard.start()) < 0) {
      from = shard.start();
    }
    try (RowCursor cursor = view.scan(space, from, ring ? shard.end() : NOTHING, false)) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        if ((behind != null && Arrays.equals(key, behind)) || !Spaces.isCopied(shard, space, key)) {
          continue;
        }
        if (!visitor.test(new RawRow(space, key, cursor.value()))) {
          return false;
        }
      }
    }
    return true;
  }

  private static ShardDescription requireFrozen(ShardState state, long operationId) {
    Reshaping.Frozen frozen = state.reshaping().frozen();
    ShardDescription shard = state.shard();
    if (shard == null || frozen == null || frozen.operationId() != operationId) {
      throw new HengeException(
          ErrorCode.CONDITION_FAILED, "operation " + operationId + " has not frozen the shard");
    }
    return shard;
  }
}
