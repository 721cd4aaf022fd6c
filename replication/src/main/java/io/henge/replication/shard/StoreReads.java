package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.ScanCursor;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.engine.StoreFailedException;
import io.henge.replication.statemachine.HeldCopy;
import io.henge.replication.statemachine.IndexFind;
import io.henge.replication.statemachine.ItemPage;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.Lookup;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.StoredItem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what is applied here. Whether that is new enough has been found out before. Takes items
 * from memory on the calling thread; whatever may wait for a disk goes to the reader threads.
 * Thread-safe.
 */
final class StoreReads {
  private static final Logger LOG = LoggerFactory.getLogger(StoreReads.class);

  /** Reads of more keys are not for an event loop, even from memory. */
  private static final int KEYS_AT_ONCE = 64;

  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Executor readers;
  private final LongSupplier stalenessMillis;
  private final long retryAfterMillis;
  private final LongAdder served = new LongAdder();

  /**
   * @param stalenessMillis how far behind this replica may be now; -1 = unknown
   */
  StoreReads(
      ShardStateMachine machine,
      ShardStore store,
      Executor readers,
      LongSupplier stalenessMillis,
      long retryAfterMillis) {
    this.machine = machine;
    this.store = store;
    this.readers = readers;
    this.stalenessMillis = stalenessMillis;
    this.retryAfterMillis = retryAfterMillis;
  }

  long served() {
    return served.sum();
  }

  /** Serves a read that may be served now: from memory at once, or else on a reader thread. */
  void serve(ReadTask task) {
    // Before the read, since the state only gets newer during it.
    long staleness = staleness(task);
    ReadOutcome outcome = fromMemory(task, staleness);
    if (outcome != null) {
      served.increment();
      Completions.deliver(task.completion, outcome);
    } else if (!execute(() -> serveAll(List.of(task)))) {
      task.fail(busy());
    }
  }

  /** Serves reads that have waited, on a reader thread. */
  void serveLater(Collection<ReadTask> tasks) {
    if (tasks.isEmpty()) {
      return;
    }
    List<ReadTask> together = List.copyOf(tasks);
    if (!execute(() -> serveAll(together))) {
      Completions completions = new Completions();
      for (ReadTask task : together) {
        task.fail(busy());
        completions.add(task.completion);
      }
      completions.flush();
    }
  }

  private void serveAll(List<ReadTask> tasks) {
    Completions completions = new Completions();
    for (ReadTask task : tasks) {
      completions.complete(task.completion, fromStore(task, staleness(task)));
      served.increment();
    }
    completions.flush();
  }

  private long staleness(ReadTask task) {
    return task.stalenessMillis == ReadTask.UNDECIDED
        ? stalenessMillis.getAsLong()
        : task.stalenessMillis;
  }

  private boolean execute(Runnable work) {
    try {
      readers.execute(work);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Null if a reader thread has to do it. */
  @SuppressWarnings("ReferenceEquality") // NOT_CACHED is known by identity
  private @Nullable ReadOutcome fromMemory(ReadTask task, long staleness) {
    ReadCommand command = task.items;
    if (machine.state().reshaping().isSealed()) {
      return failed(sealed());
    }
    if (command == null) {
      return task.range == null ? found(machine.visible(), List.of(), null, staleness) : null;
    }
    if (command.keys().size() > KEYS_AT_ONCE || command.copies()) {
      return null;
    }
    try {
      ShardDescription shard = machine.state().shard();
      HengeException refusal = refusal(shard, command);
      if (refusal != null) {
        return failed(refusal);
      }
      List<@Nullable StoredItem> items = new ArrayList<>(command.keys().size());
      long generation = machine.generation();
      try (ReadView view = view(command)) {
        for (int i = 0; i < command.keys().size(); i++) {
          StoredItem item = ItemReader.getIfCached(view, command.keys().get(i));
          if (item == ItemReader.NOT_CACHED) {
            return null;
          }
          items.add(item);
        }
      }
      if (hasChanged(shard)) {
        return null;
      }
      // Amid an install the view's own rows must be asked, and they may be on disk only.
      ShardState seen = machine.visible();
      return isSettled(generation) ? found(seen, items, null, staleness) : null;
    } catch (RuntimeException e) {
      return failed(e);
    }
  }

  private ReadOutcome fromStore(ReadTask task, long staleness) {
    try {
      ReadOutcome outcome = tryStore(task, staleness);
      while (outcome == null) {
        outcome = tryStore(task, staleness);
      }
      return outcome;
    } catch (RuntimeException e) {
      return failed(e);
    }
  }

  /**
   * Null if the shard's range has changed between looking at it and taking the view. What has left
   * the range stays in the store for a while and is then deleted: a view may be used for a range
   * only if that was still the shard's once the view was there. One of the latest state is there
   * only when it has been read from.
   */
  private @Nullable ReadOutcome tryStore(ReadTask task, long staleness) {
    if (machine.state().reshaping().isSealed()) {
      return failed(sealed());
    }
    ShardDescription shard = machine.state().shard();
    if (task.items != null) {
      HengeException refusal = refusal(shard, task.items);
      if (refusal != null) {
        return failed(refusal);
      }
      long generation = machine.generation();
      try (ReadView view = view(task.items)) {
        List<@Nullable StoredItem> items = ItemReader.get(view, task.items.keys());
        if (hasChanged(shard)) {
          return null;
        }
        ReadOutcome outcome = found(seen(view, generation), items, null, staleness);
        return task.items.copies() ? outcome.withCopies(copies(view, items)) : outcome;
      }
    }
    return task.range != null
        ? tryStore(shard, task.range, staleness)
        : found(machine.visible(), List.of(), null, staleness);
  }

  private @Nullable ReadOutcome tryStore(
      @Nullable ShardDescription shard, RangeCommand range, long staleness) {
    if (shard == null) {
      return failed(undescribed());
    }
    if (!beginsIn(shard, range)) {
      return failed(wrongShard(shard));
    }
    long generation = machine.generation();
    try (ReadView view = store.snapshot()) {
      if (hasChanged(shard)) {
        return null;
      }
      ItemPage page = page(view, shard, range);
      ReadOutcome outcome =
          found(
              seen(view, generation),
              new ArrayList<>(page.items()),
              next(shard, range, page),
              staleness);
      return range.copies() ? outcome.withCopies(copies(view, outcome.items())) : outcome;
    }
  }

  /** Of the moment at which the items were read. */
  private List<List<HeldCopy>> copies(ReadView view, List<@Nullable StoredItem> items) {
    ShardState state = machine.state();
    List<List<HeldCopy>> copies = new ArrayList<>(items.size());
    for (StoredItem item : items) {
      copies.add(item == null ? List.of() : HeldCopy.of(view, state, item));
    }
    return copies;
  }

  private ItemPage page(ReadView view, ShardDescription shard, RangeCommand range) {
    Lookup lookup = range.lookup();
    return lookup == null
        ? ItemReader.range(
            view,
            shard,
            range.from(),
            range.to(),
            range.reverse(),
            range.itemsMax(),
            range.bytesMax(),
            range.sieves().get())
        : IndexFind.read(
            view,
            shard,
            machine.state(),
            lookup,
            range.from(),
            range.to(),
            range.itemsMax(),
            range.bytesMax(),
            range.sieves().get());
  }

  /** Where the scan goes on: behind the last row looked at, or where the shard's range ends. */
  private static byte @Nullable [] next(ShardDescription shard, RangeCommand range, ItemPage page) {
    byte[] last = page.last();
    if (page.more() && last != null) {
      return ScanCursor.after(last, range.reverse()).position();
    }
    if (range.reverse()) {
      return Arrays.compareUnsigned(range.from(), shard.start()) < 0 ? shard.start() : null;
    }
    boolean goesOn =
        shard.end().length != 0
            && (range.to().length == 0 || Arrays.compareUnsigned(shard.end(), range.to()) < 0);
    return goesOn ? shard.end() : null;
  }

  /** Whether the shard is not described as it was. Every change of its range raises its epoch. */
  private boolean hasChanged(@Nullable ShardDescription before) {
    ShardDescription now = machine.state().shard();
    return before == null ? now != null : now == null || now.epoch() != before.epoch();
  }

  /** One row is consistent by itself; several must be of the same moment. */
  private ReadView view(ReadCommand command) {
    return command.keys().size() == 1 && !command.copies() ? store.latest() : store.snapshot();
  }

  private static @Nullable HengeException refusal(
      @Nullable ShardDescription shard, ReadCommand command) {
    if (shard == null) {
      return undescribed();
    }
    for (int i = 0; i < command.keys().size(); i++) {
      if (!shard.contains(command.keys().get(i))) {
        return wrongShard(shard);
      }
    }
    return null;
  }

  /**
   * Whether the end that a page begins at lies in the shard: what lies before it is not skipped.
   */
  private static boolean beginsIn(ShardDescription shard, RangeCommand range) {
    return range.reverse() ? shard.containsBefore(range.to()) : shard.contains(range.from());
  }

  /**
   * What a reader may have seen something of. A view that was taken while a checkpoint was being
   * installed, or that outlived the store it is of, belongs to the state in its own rows: what is
   * in memory may be older than it, or newer.
   *
   * @param view has been read from, and is still open
   * @param generation the machine's, before the view was taken
   */
  private ShardState seen(ReadView view, long generation) {
    ShardState seen = machine.visible();
    return isSettled(generation) ? seen : ShardStateMachine.visible(view);
  }

  private boolean isSettled(long generation) {
    return generation % 2 == 0 && generation == machine.generation();
  }

  private static ReadOutcome found(
      ShardState seen, List<@Nullable StoredItem> items, byte @Nullable [] next, long staleness) {
    return new ReadOutcome(
        null, items, next, seen.version(), seen.timeMillis(), seen.applied().index(), staleness);
  }

  private ReadOutcome failed(RuntimeException failure) {
    HengeException error;
    if (failure instanceof HengeException known) {
      error = known;
    } else if (failure instanceof StoreClosedException) {
      error = new HengeException(ErrorCode.UNAVAILABLE, "the replica is being closed");
    } else {
      LOG.error("a read failed", failure);
      error =
          failure instanceof StoreFailedException
              ? new HengeException(ErrorCode.UNAVAILABLE, "the store cannot be read", failure)
              : new HengeException(ErrorCode.INTERNAL, "a read failed: " + failure, failure);
    }
    return new ReadOutcome(error, List.of(), null, 0, 0, -1, -1);
  }

  private HengeException busy() {
    return new HengeException(
        ErrorCode.BUSY, "too many reads wait for the disk", retryAfterMillis, null);
  }

  private HengeException sealed() {
    return new HengeException(
        ErrorCode.BUSY,
        "the shard is about to become part of its neighbour",
        retryAfterMillis,
        null);
  }

  private static HengeException undescribed() {
    return new HengeException(
        ErrorCode.UNAVAILABLE, "the replica has no state yet: it is being filled");
  }

  private static HengeException wrongShard(ShardDescription shard) {
    return new HengeException(ErrorCode.WRONG_SHARD, wrongShardMessage(shard));
  }

  static String wrongShardMessage(ShardDescription shard) {
    return "the key is not in the range of shard "
        + shard.shardId()
        + " at epoch "
        + shard.epoch()
        + "; refresh the shard map";
  }
}
