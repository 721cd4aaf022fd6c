package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.StoredItem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a read found.
 *
 * @param error null if it was served
 * @param items of a {@link ReadCommand}: one for each key, null where there is none; of a {@link
 *     RangeCommand}: those found
 * @param more whether the range goes on
 * @param stalenessMillis the answer holds all writes that were acknowledged so long before the read
 *     began; 0 for a linearizable one, -1 = unknown
 */
public record ReadOutcome(
    @Nullable HengeException error,
    List<@Nullable StoredItem> items,
    boolean more,
    long shardVersion,
    long shardTimeMillis,
    long appliedIndex,
    long stalenessMillis) {}
