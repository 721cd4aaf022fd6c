package io.henge.replication.statemachine;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The node's side of a split's apply: what a child begins with has to be on disk before the parent
 * says that it has split. May block; throwing stops the parent's replica.
 */
public interface SeedMaker {
  /** Makes none: of a replica that no child can be born from. */
  SeedMaker NONE = (child, checkpoint) -> {};

  /**
   * A split is about to take effect. On the applying thread, before its batch is written; again
   * when the log is replayed from before it. Whoever is a member of the child and has neither a
   * replica nor a tombstone of it lays a checkpoint down, instead of what an earlier replay may
   * have left, and has it durably under its name when this returns. {@link ChildSeed#finish} makes
   * it a store.
   *
   * @param checkpoint writes the parent as of the entry before into a directory that must not
   *     exist, complete and fsynced when it returns
   */
  void seed(Child child, Consumer<Path> checkpoint);

  /**
   * The split is readable in {@link ShardState#reshaping}. On the applying thread; must not block.
   * Not told again for children that are there at a start.
   */
  default void split(Child child) {}
}
