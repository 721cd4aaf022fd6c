package io.henge.replication.shard;

import io.henge.replication.statemachine.CollectionInfo;
import java.util.List;

/**
 * What a frozen shard holds, as {@code ReshapeCommand.AbsorbCommit} wants it.
 *
 * @param epoch the shard's
 * @param timeMillis the shard's, which stands still
 * @param version the shard's
 * @param rows in all pages
 * @param checksum of the rows in all pages
 * @param ready ids of the indexes and rules that are READY, in order
 */
public record FrozenDigest(
    long epoch,
    long timeMillis,
    long version,
    List<CollectionInfo> catalogue,
    long rows,
    long checksum,
    List<Integer> ready) {}
