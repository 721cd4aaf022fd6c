package io.henge.replication.shard;

import io.henge.replication.statemachine.RawRow;
import java.util.List;

/**
 * Rows of a frozen shard: of its range of DATA, then of REQUESTS, in order of their keys.
 *
 * @param from the position that was asked for
 * @param to where the next page begins; {@code ReshapeCommand.AbsorbRows.END} = this is the last
 * @param bytes of keys and values
 */
public record FrozenPage(byte[] from, byte[] to, List<RawRow> rows, long bytes) {}
