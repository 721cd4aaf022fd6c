package io.henge.client;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collections and the state of the cluster. Calls block. */
public interface Admin {
  CollectionInfo createCollection(String name, CollectionOptions options);

  void dropCollection(String name);

  List<CollectionInfo> collections();

  ClusterStatus status();

  /** Hands the leadership of a shard to a node, by name or id. */
  void transferLeader(long shardId, String node);

  /**
   * A collection.
   *
   * @param documents where its documents have their keys; null if it holds items
   */
  record CollectionInfo(
      int id,
      String name,
      Duration ttl,
      boolean divisible,
      CollectionOptions.@Nullable Documents documents) {

    public CollectionInfo(int id, String name, Duration ttl, boolean divisible) {
      this(id, name, ttl, divisible, null);
    }
  }
}
