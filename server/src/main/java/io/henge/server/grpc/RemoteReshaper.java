package io.henge.server.grpc;

import io.grpc.MethodDescriptor;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FlushShardRequest;
import io.henge.api.internal.v1.FlushShardResponse;
import io.henge.api.internal.v1.FreezeRequest;
import io.henge.api.internal.v1.FreezeResponse;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MergeShardResponse;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.api.internal.v1.ReadFrozenRequest;
import io.henge.api.internal.v1.ReadFrozenResponse;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.SplitShardResponse;
import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.api.internal.v1.TrimShardResponse;
import io.henge.api.v1.Error;
import io.henge.server.node.ShardReshaper;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What another node does to its shards, asked for over the wire. */
final class RemoteReshaper implements ShardReshaper {
  /** Members flush first, which may write a whole memtable to a slow disk. */
  private static final Duration FLUSH = Duration.ofSeconds(30);

  /** Of what goes on there even if nobody waits for it, and is asked for again. */
  private static final Duration LONG = Duration.ofSeconds(80);

  private static final Duration STEP = Duration.ofSeconds(10);

  private final GrpcPeers peers;
  private final String nodeId;

  RemoteReshaper(GrpcPeers peers, String nodeId) {
    this.peers = peers;
    this.nodeId = nodeId;
  }

  private <Q, A> CompletableFuture<A> call(
      MethodDescriptor<Q, A> method, Q request, Duration timeout, Function<A, Error> errorOf) {
    return peers
        .call(nodeId, method, request, timeout)
        .thenApply(
            answer -> {
              Error error = errorOf.apply(answer);
              if (error.getCode() != 0) {
                throw new HengeException(
                    ErrorCode.of(error.getCode()),
                    error.getMessage(),
                    error.getRetryAfterMillis(),
                    null);
              }
              return answer;
            });
  }

  @Override
  public CompletableFuture<SplitShardResponse> splitShard(SplitShardRequest request) {
    return call(NodeGrpc.getSplitShardMethod(), request, LONG, SplitShardResponse::getError);
  }

  @Override
  public CompletableFuture<MergeShardResponse> mergeShard(MergeShardRequest request) {
    return call(NodeGrpc.getMergeShardMethod(), request, LONG, MergeShardResponse::getError);
  }

  @Override
  public CompletableFuture<TrimShardResponse> trimShard(TrimShardRequest request) {
    return call(NodeGrpc.getTrimShardMethod(), request, LONG, TrimShardResponse::getError);
  }

  @Override
  public CompletableFuture<FlushShardResponse> flushShard(FlushShardRequest request) {
    return call(NodeGrpc.getFlushShardMethod(), request, FLUSH, FlushShardResponse::getError);
  }

  @Override
  public CompletableFuture<FreezeResponse> freeze(FreezeRequest request) {
    return call(NodeGrpc.getFreezeMethod(), request, STEP, FreezeResponse::getError);
  }

  @Override
  public CompletableFuture<ReadFrozenResponse> readFrozen(ReadFrozenRequest request) {
    return call(NodeGrpc.getReadFrozenMethod(), request, STEP, ReadFrozenResponse::getError);
  }
}
