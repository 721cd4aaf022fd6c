package io.henge.replication.shard;

import io.henge.api.item.ReadLevel;
import java.util.List;

/** Reads items of one sharding key by their physical keys. */
public record ReadCommand(List<byte[]> keys, ReadLevel level) {}
