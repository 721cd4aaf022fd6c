package io.henge.cli.demo;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.client.ClusterStatus;
import java.util.Arrays;
import java.util.List;

/** Which shard a sharding key is on, as the cluster's state tells. Immutable. */
record ShardMap(List<ClusterStatus.Shard> shards) {
  long shardOf(Key shardingKey) {
    byte[] position = PhysicalKey.itemCollection(shardingKey);
    for (ClusterStatus.Shard shard : shards) {
      boolean fromStart = Arrays.compareUnsigned(shard.start(), position) <= 0;
      boolean beforeEnd =
          shard.end().length == 0 || Arrays.compareUnsigned(position, shard.end()) < 0;
      if (fromStart && beforeEnd) {
        return shard.id();
      }
    }
    throw new IllegalStateException("no shard holds the key " + shardingKey);
  }
}
