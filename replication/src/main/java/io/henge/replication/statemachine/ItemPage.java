package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a range.
 *
 * @param items in the order asked for
 * @param more whether the range goes on after them, within the shard
 * @param last key of the last row that was looked at; null if none was
 */
public record ItemPage(List<StoredItem> items, boolean more, byte @Nullable [] last) {}
