package io.henge.replication.shard;

import io.henge.replication.GroupId;
import java.util.concurrent.CompletableFuture;

/** Asks a group's leader on another node for its {@link ShardReplica#readIndex}. Must not block. */
@FunctionalInterface
public interface LeaderIndex {
  /**
   * @param leader node id of the leader
   * @param deadlineNanos {@link System#nanoTime} after which nobody waits for the answer
   * @return the index; fails with a {@link io.henge.api.error.HengeException}
   */
  CompletableFuture<Long> ask(GroupId group, String leader, long deadlineNanos);
}
