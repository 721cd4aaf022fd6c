package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.HeldCopy;
import io.henge.replication.statemachine.StoredItem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a read found.
 *
 * @param error null if it was served
 * @param items of a {@link ReadCommand}: one for each key, null where there is none; of a {@link
 *     RangeCommand}: those found
 * @param next of a {@link RangeCommand}: where what is left of the range begins (ascending, the
 *     first physical key) or ends (descending, the first beyond it); null if nothing is left. At
 *     the end of the shard's own range it is that boundary, and the neighbour has the rest
 * @param stalenessMillis the answer holds all writes that were acknowledged so long before the read
 *     began; 0 for a linearizable one, -1 = unknown
 * @param copies of each item, in order, if it was asked for; else none
 */
public record ReadOutcome(
    @Nullable HengeException error,
    List<@Nullable StoredItem> items,
    byte @Nullable [] next,
    long shardVersion,
    long shardTimeMillis,
    long appliedIndex,
    long stalenessMillis,
    List<List<HeldCopy>> copies) {
  /** One that tells of no copies. */
  public ReadOutcome(
      @Nullable HengeException error,
      List<@Nullable StoredItem> items,
      byte @Nullable [] next,
      long shardVersion,
      long shardTimeMillis,
      long appliedIndex,
      long stalenessMillis) {
    this(
        error,
        items,
        next,
        shardVersion,
        shardTimeMillis,
        appliedIndex,
        stalenessMillis,
        List.of());
  }

  ReadOutcome withCopies(List<List<HeldCopy>> told) {
    return new ReadOutcome(
        error, items, next, shardVersion, shardTimeMillis, appliedIndex, stalenessMillis, told);
  }
}
