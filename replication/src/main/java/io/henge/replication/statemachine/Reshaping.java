package io.henge.replication.statemachine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is under way with a shard's range, after an entry; replicated. Immutable; arrays must not be
 * changed.
 *
 * @param children shards split off that no TRIM has named yet, in order of their ids
 * @param frozen not null: the shard is being merged into its left neighbour, and takes no writes
 * @param absorbing not null: the right neighbour's rows are being copied into this shard
 * @param lastOperation the last one that this shard has finished or refused for ever; steps of it
 *     and of earlier ones have no effect any more. Null = there was none
 * @param untrimmed not null: rows out of range may be there, and TRIMs are needed. How far the
 *     expiry index has been swept; empty = not at all
 */
public record Reshaping(
    List<Child> children,
    @Nullable Frozen frozen,
    @Nullable Absorbing absorbing,
    @Nullable Operation lastOperation,
    byte @Nullable [] untrimmed) {

  public static final Reshaping NONE = new Reshaping(List.of(), null, null, null, null);

  public Reshaping {
    children = List.copyOf(children);
  }

  /**
   * The shard is being merged into another one.
   *
   * @param intoShardId the left neighbour
   * @param sealed it serves no reads either
   */
  public record Frozen(long operationId, long intoShardId, boolean sealed) {}

  /**
   * Rows of the right neighbour are being copied.
   *
   * @param neighbour its id, epoch and range
   * @param position what {@link ReshapeCommand.AbsorbRows} has to go on from; empty = the
   *     beginning, {@link ReshapeCommand.AbsorbRows#END} = all is copied
   * @param rows copied so far
   * @param bytes of keys and values copied so far
   * @param checksum of the rows copied so far ({@link RowsDigest})
   */
  public record Absorbing(
      long operationId,
      ShardDescription neighbour,
      byte[] position,
      long rows,
      long bytes,
      long checksum) {}

  /**
   * An operation that is over here.
   *
   * @param done whether it took effect; else it was taken back, and never will
   */
  public record Operation(long id, boolean done) {}

  /** The child of this id; null if there is none, or it is trimmed. */
  public @Nullable Child child(long childId) {
    for (Child child : children) {
      if (child.childId() == childId) {
        return child;
      }
    }
    return null;
  }

  /** Whether the rows of a neighbour are being copied. */
  public boolean isAbsorbing() {
    return absorbing != null;
  }

  /** Whether the shard takes no writes and its time stands still. */
  public boolean isFrozen() {
    return frozen != null;
  }

  /** Whether the shard serves no reads either. */
  public boolean isSealed() {
    return frozen != null && frozen.sealed();
  }

  Reshaping withChild(Child child) {
    List<Child> more = new ArrayList<>(children);
    int at = 0;
    while (at < more.size() && Long.compareUnsigned(more.get(at).childId(), child.childId()) < 0) {
      at++;
    }
    more.add(at, child);
    return new Reshaping(more, frozen, absorbing, lastOperation, untrimmed);
  }

  Reshaping withoutChildren(List<Long> childIds) {
    List<Child> left =
        children.stream().filter(child -> !childIds.contains(child.childId())).toList();
    return new Reshaping(left, frozen, absorbing, lastOperation, untrimmed);
  }

  Reshaping with(@Nullable Frozen changed) {
    return new Reshaping(children, changed, absorbing, lastOperation, untrimmed);
  }

  Reshaping with(@Nullable Absorbing changed) {
    return new Reshaping(children, frozen, changed, lastOperation, untrimmed);
  }

  Reshaping over(long operationId, boolean done) {
    return new Reshaping(children, frozen, absorbing, new Operation(operationId, done), untrimmed);
  }

  Reshaping untrimmed(byte @Nullable [] position) {
    return new Reshaping(children, frozen, absorbing, lastOperation, position);
  }
}
