package io.henge.server.node;

import io.henge.replication.shard.EntryMeter;
import io.henge.replication.shard.ShardReplica;

/** Told of the replicas of shards on a node, for figures. Any thread; must not block. */
public interface ReplicaListener {
  /**
   * A replica runs.
   *
   * @return whom to tell what its log entries cost
   */
  EntryMeter added(long shardId, ShardReplica replica);

  /** It does no more. */
  void removed(long shardId);

  /** A split's child serves: so long nobody served its range. */
  default void fenced(long shardId, long nanos) {}
}
