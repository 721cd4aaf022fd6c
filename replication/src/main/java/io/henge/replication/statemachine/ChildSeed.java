package io.henge.replication.statemachine;

import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.WriteRows;
import io.henge.replication.Consensus;
import java.nio.file.Path;

/** Turns the checkpoint that a split has left into the store of the child. */
public final class ChildSeed {
  private ChildSeed() {}

  /**
   * Makes the store in a directory that of the child, at {@link Consensus#SEED_POSITION}, durably,
   * and leaves it closed. Equal on every node. May be repeated on a store that it was interrupted
   * in, or that it has finished; not on one that a replica has run on. Blocks.
   *
   * @param engine opens the store
   * @param seed the checkpoint that {@link SeedMaker#seed} was given
   * @param child as {@link ShardState#reshaping} of the parent has it
   * @throws io.henge.api.error.HengeException CORRUPTION if the checkpoint is damaged
   * @throws IllegalStateException if the store is not of a parent as of the split
   */
  public static void finish(StorageEngine engine, Path seed, Child child) {
    try (ShardStore store = engine.open(seed)) {
      try (ReadView view = store.latest();
          WriteRows rows = store.batch()) {
        requireParent(view, child);
        SystemRows.put(rows, child.description());
        SystemRows.put(rows, child.timeMillis(), child.version());
        SystemRows.put(
            rows,
            SystemRows.reshaping(view),
            Reshaping.NONE.over(child.operationId(), true).untrimmed(new byte[0]));
        StoredStateMachine.putPosition(rows, Consensus.SEED_POSITION);
        store.write(rows);
      }
      store.flush();
    }
  }

  /** A store that has gone on since, or another shard's, would make a replica that differs. */
  private static void requireParent(ReadView view, Child child) {
    SystemRows.Clock clock = SystemRows.clock(view);
    ShardDescription shard = SystemRows.shard(view);
    if (shard == null
        || clock.timeMillis() != child.timeMillis()
        || clock.version() != child.version()
        || (shard.shardId() == child.childId()
            && !StoredStateMachine.position(view).equals(Consensus.SEED_POSITION))) {
      throw new IllegalStateException(
          "the seed of shard "
              + child.childId()
              + " is not of its parent at the split, but of "
              + shard
              + " at "
              + clock);
    }
  }
}
