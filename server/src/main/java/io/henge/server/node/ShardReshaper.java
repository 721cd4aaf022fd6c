package io.henge.server.node;

import io.henge.api.internal.v1.FlushShardRequest;
import io.henge.api.internal.v1.FlushShardResponse;
import io.henge.api.internal.v1.FreezeRequest;
import io.henge.api.internal.v1.FreezeResponse;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MergeShardResponse;
import io.henge.api.internal.v1.ReadFrozenRequest;
import io.henge.api.internal.v1.ReadFrozenResponse;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.SplitShardResponse;
import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.api.internal.v1.TrimShardResponse;
import java.util.concurrent.CompletableFuture;

/**
 * What a node does to cut, join and tidy up shards that it leads or holds. Everything may be asked
 * for again: it goes on from wherever it stands, or answers like the first time.
 *
 * <p>Thread-safe; nothing blocks. Futures fail with {@link io.henge.api.error.HengeException}:
 * NOT_LEADER if the shard has to be led here and is not, BUSY if it cannot be done yet,
 * CONDITION_FAILED if it does not fit what is there. The error fields of answers are not set.
 */
public interface ShardReshaper {
  /** On the leader: cuts a shard. Completes when it is cut; the child need not have begun. */
  CompletableFuture<SplitShardResponse> splitShard(SplitShardRequest request);

  /** On the leader of the left shard: absorbs the right neighbour, or takes that back. */
  CompletableFuture<MergeShardResponse> mergeShard(MergeShardRequest request);

  /** On the leader: forgets children that run, and deletes rows out of range. */
  CompletableFuture<TrimShardResponse> trimShard(TrimShardRequest request);

  /** On a member: makes what it has applied durable. */
  CompletableFuture<FlushShardResponse> flushShard(FlushShardRequest request);

  /** On the leader of the right shard of a merge. */
  CompletableFuture<FreezeResponse> freeze(FreezeRequest request);

  /** On the leader of the right shard of a merge: its rows. */
  CompletableFuture<ReadFrozenResponse> readFrozen(ReadFrozenRequest request);
}
