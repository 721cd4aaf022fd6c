package io.henge.server.node;

/** Where a process may die while shards are cut, moved and joined; for tests, which let it die. */
public enum ReshapeStep {
  /** Split: before the seed of a child is laid, in apply. */
  SEED_BEFORE,
  /** Split: the seed is on disk, the entry has had no effect yet. */
  SEED_LAID,
  /** Split: the entry has been applied, nothing of the child but the seed is here. */
  BIRTH_BEGINS,
  /** Split: the seed has become a store, and lies where the child's store belongs. */
  BIRTH_STORE,
  /** Split: the child runs on this node. */
  BIRTH_STARTED,
  /** Removal: the tombstone is on disk, everything else is still there. */
  REMOVAL_NOTED,
  /** Removal: the group's log is gone, the store is still there. */
  REMOVAL_LOG_GONE,
  /** Removal: the store is gone, too. */
  REMOVAL_STORE_GONE,
  /** Merge: the left shard has begun to absorb, the right one is not frozen. */
  MERGE_BEGUN,
  /** Merge: the right shard is frozen. */
  MERGE_FROZEN,
  /** Merge: some rows have been copied. */
  MERGE_PAGE,
  /** Merge: all rows have been copied, the right shard is not sealed. */
  MERGE_COPIED,
  /** Merge: the right shard is sealed, the left one has not decided. */
  MERGE_SEALED,
  /** Merge: decided; meta has not heard of it. */
  MERGE_DECIDED;

  /** Told when a step is reached, on the thread that takes it. */
  @FunctionalInterface
  public interface Hook {
    /** Nothing happens. */
    Hook NONE = (step, shardId) -> {};

    /**
     * A step is reached.
     *
     * @throws RuntimeException what the step belongs to ends here, as if the process had died
     */
    void reached(ReshapeStep step, long shardId);
  }
}
