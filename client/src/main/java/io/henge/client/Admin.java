package io.henge.client;

import java.time.Duration;
import java.util.List;

/** Collections and the state of the cluster. Calls block. */
public interface Admin {
  CollectionInfo createCollection(String name, CollectionOptions options);

  void dropCollection(String name);

  List<CollectionInfo> collections();

  ClusterStatus status();

  /** Hands the leadership of a shard to a node, by name or id. */
  void transferLeader(long shardId, String node);

  /** A collection. */
  record CollectionInfo(int id, String name, Duration ttl, boolean divisible) {}
}
