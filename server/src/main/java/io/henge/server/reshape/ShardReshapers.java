package io.henge.server.reshape;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
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
import io.henge.server.node.LocalShards;
import io.henge.server.node.MetaView;
import io.henge.server.node.Peers;
import io.henge.server.node.ReshapeStep;
import io.henge.server.node.ShardReshaper;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Cuts and joins the shards that are led on this node. Thread-safe. */
public final class ShardReshapers implements ShardReshaper, AutoCloseable {
  private static final int THREADS = 4;
  private static final int WAITING_MAX = 1_000;

  private final String self;
  private final LocalShards shards;
  private final Peers peers;
  private final Supplier<MetaView> view;
  private final Executor blocking;
  private final ReshapeStep.Hook steps;
  private final ThreadPoolExecutor pool;
  private final Running running;

  /** Steps of the right shard of merges, which is not the one that merges are run under. */
  private final Running freezing;

  /** Merges that are to be taken back. */
  private final Set<Long> cancelled = ConcurrentHashMap.newKeySet();

  /**
   * For a node.
   *
   * @param blocking for work that blocks shortly
   */
  public ShardReshapers(
      String self,
      String nodeName,
      LocalShards shards,
      Peers peers,
      Supplier<MetaView> view,
      Executor blocking,
      ReshapeStep.Hook steps) {
    this.self = self;
    this.shards = shards;
    this.peers = peers;
    this.view = view;
    this.blocking = blocking;
    this.steps = steps;
    this.pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING_MAX),
            task -> {
              Thread thread = new Thread(task, "henge-reshape-" + nodeName);
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    this.running = new Running(pool);
    this.freezing = new Running(blocking);
  }

  @Override
  public CompletableFuture<SplitShardResponse> splitShard(SplitShardRequest request) {
    return running.run(
        request.getShardId(),
        request,
        () -> {
          SplitShardResponse response =
              new SplitDriver(self, peers).split(shards.here(request.getShardId()), request);
          shards.rangeChanged();
          return response;
        });
  }

  @Override
  public CompletableFuture<MergeShardResponse> mergeShard(MergeShardRequest request) {
    long operation = request.getOperationId();
    if (request.getAbort()) {
      cancelled.add(operation);
    }
    return running.run(request.getShardId(), request, () -> merge(request));
  }

  private MergeShardResponse merge(MergeShardRequest request) {
    try {
      MergeShardResponse response =
          new MergeDriver(
                  shards.here(request.getShardId()),
                  reshaper(request.getAbsorbedLeaderNodeId()),
                  id -> view.get().state().shard(id),
                  steps,
                  request,
                  () -> cancelled.contains(request.getOperationId()))
              .run();
      shards.rangeChanged();
      return response;
    } finally {
      if (request.getAbort()) {
        cancelled.remove(request.getOperationId());
      }
    }
  }

  private ShardReshaper reshaper(String nodeId) {
    if (nodeId.isEmpty()) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE, "the leader of the neighbour is not known; try again soon");
    }
    return nodeId.equals(self) ? this : peers.reshaper(nodeId);
  }

  @Override
  public CompletableFuture<TrimShardResponse> trimShard(TrimShardRequest request) {
    return running.run(
        request.getShardId(),
        request,
        () -> TrimDriver.trim(shards.here(request.getShardId()), request));
  }

  @Override
  public CompletableFuture<FlushShardResponse> flushShard(FlushShardRequest request) {
    return CompletableFuture.supplyAsync(
        () -> {
          shards.here(request.getShardId()).flush();
          return FlushShardResponse.getDefaultInstance();
        },
        blocking);
  }

  @Override
  public CompletableFuture<FreezeResponse> freeze(FreezeRequest request) {
    return freezing.run(
        request.getShardId(),
        request,
        () -> FreezeSteps.take(shards.here(request.getShardId()), request));
  }

  @Override
  public CompletableFuture<ReadFrozenResponse> readFrozen(ReadFrozenRequest request) {
    try {
      return FreezeSteps.read(shards.here(request.getShardId()), request);
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What is under way ends where it is, to be gone on with by whoever leads then. */
  @Override
  public void close() {
    pool.shutdownNow();
  }
}
