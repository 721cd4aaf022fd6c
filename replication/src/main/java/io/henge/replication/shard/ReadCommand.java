package io.henge.replication.shard;

import io.henge.api.item.ReadLevel;
import java.util.List;

/**
 * Reads items of one sharding key by their physical keys.
 *
 * @param copies whether the outcome tells of the items' copies of documents on other shards
 */
public record ReadCommand(List<byte[]> keys, ReadLevel level, boolean copies) {
  public ReadCommand(List<byte[]> keys, ReadLevel level) {
    this(keys, level, false);
  }
}
