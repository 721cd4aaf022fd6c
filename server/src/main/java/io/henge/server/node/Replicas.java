package io.henge.server.node;

import io.henge.replication.shard.ShardReplica;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The replicas that serve on this node. Thread-safe; nothing blocks. */
public interface Replicas {
  /** The replica of a shard, or null if this node has none that serves. */
  @Nullable ShardReplica replica(long shardId);

  /** All replicas that serve on this node. */
  List<ShardReplica> serving();

  /** Whether the shard was just born and is about to serve: it pays to ask again very soon. */
  default boolean isNascent(long shardId) {
    return false;
  }

  /** Whether this node's replica is a member of its group, so that what it holds is the shard's. */
  boolean isMember(ShardReplica replica);

  /**
   * Has a listener told when leaders of shards on this node may have changed. Any thread; it must
   * not block.
   */
  void onLeaders(Runnable listener);

  /** On the leader: makes all collections that this node knows of known to a shard. */
  CompletableFuture<Void> installCatalogue(ShardReplica replica);
}
