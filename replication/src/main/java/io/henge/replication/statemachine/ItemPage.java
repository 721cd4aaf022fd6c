package io.henge.replication.statemachine;

import java.util.List;

/**
 * A part of a range.
 *
 * @param items in the order asked for
 * @param more whether the range goes on after them, within the shard
 */
public record ItemPage(List<StoredItem> items, boolean more) {}
