package io.henge.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.CloseSnapshotRequest;
import io.henge.api.internal.v1.CloseSnapshotResponse;
import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.FetchFileRequest;
import io.henge.api.internal.v1.FileChunk;
import io.henge.api.internal.v1.FlushShardRequest;
import io.henge.api.internal.v1.FlushShardResponse;
import io.henge.api.internal.v1.FollowCopiesRequest;
import io.henge.api.internal.v1.FollowCopiesResponse;
import io.henge.api.internal.v1.FreezeRequest;
import io.henge.api.internal.v1.FreezeResponse;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MergeShardResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.OpenSnapshotRequest;
import io.henge.api.internal.v1.PingRequest;
import io.henge.api.internal.v1.PingResponse;
import io.henge.api.internal.v1.ReadFrozenRequest;
import io.henge.api.internal.v1.ReadFrozenResponse;
import io.henge.api.internal.v1.ReadIndexRequest;
import io.henge.api.internal.v1.ReadIndexResponse;
import io.henge.api.internal.v1.ReadSourcesRequest;
import io.henge.api.internal.v1.ReadSourcesResponse;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.internal.v1.SnapshotManifest;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.SplitShardResponse;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.internal.v1.TransferLeadershipResponse;
import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.api.internal.v1.TrimShardResponse;
import io.henge.api.internal.v1.WatchMetaRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.replication.shard.ShardReplica;
import io.henge.server.copies.Copies;
import io.henge.server.node.NodeControl;
import io.henge.server.node.Replicas;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What nodes ask of one another. */
final class NodeService extends NodeGrpc.NodeImplBase {
  private static final long READ_INDEX_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final NodeControl node;
  private final Replicas replicas;
  private final SnapshotService snapshots;
  private final Copies copies;
  private final Set<Runnable> open = ConcurrentHashMap.newKeySet();

  NodeService(NodeControl node, Replicas replicas, SnapshotService snapshots, Copies copies) {
    this.copies = copies;
    this.node = node;
    this.replicas = replicas;
    this.snapshots = snapshots;
  }

  void shutDown() {
    open.forEach(Runnable::run);
  }

  @Override
  public void join(JoinRequest request, StreamObserver<JoinResponse> out) {
    ClusterService.answer(
        node.join(request)
            .exceptionally(
                failure -> JoinResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void report(NodeReport report, StreamObserver<ReportAnswer> out) {
    ClusterService.answer(CompletableFuture.completedFuture(report), node::report, out);
  }

  @Override
  public void ping(PingRequest request, StreamObserver<PingResponse> out) {
    String leader = node.metaLeader();
    out.onNext(
        PingResponse.newBuilder()
            .setClusterId(node.clusterId())
            .setNode(node.self())
            .setClockMillis(node.clockMillis())
            .setMetaLeaderNodeId(leader == null ? "" : leader)
            .setMissed(node.misses(request.getMissedNodeId()))
            .build());
    out.onCompleted();
  }

  @Override
  public void watchMeta(WatchMetaRequest request, StreamObserver<MetaUpdate> out) {
    VersionedStream.start(
        (ServerCallStreamObserver<MetaUpdate>) out,
        node,
        (view, known) -> view.state().metaUpdate(known),
        request.getKnownVersion(),
        open);
  }

  @Override
  public void proposeMeta(MetaCommand command, StreamObserver<MetaResult> out) {
    ClusterService.answer(node.proposeHere(command), result -> result, out);
  }

  @Override
  public void clusterStatus(StatusRequest request, StreamObserver<StatusResponse> out) {
    CompletableFuture<StatusResponse> status = new CompletableFuture<>();
    try {
      status.complete(node.statusHere());
    } catch (HengeException e) {
      status.completeExceptionally(e);
    }
    ClusterService.answer(status, answer -> answer, out);
  }

  @Override
  public void readIndex(ReadIndexRequest request, StreamObserver<ReadIndexResponse> out) {
    ShardReplica replica = replicas.replica(request.getShardId());
    CompletableFuture<Long> index =
        replica == null
            ? CompletableFuture.failedFuture(
                new HengeException(
                    ErrorCode.NOT_LEADER,
                    "this node has no replica of shard " + request.getShardId()))
            : replica.readIndex(System.nanoTime() + READ_INDEX_NANOS);
    ClusterService.answer(
        index
            .thenApply(value -> ReadIndexResponse.newBuilder().setIndex(value).build())
            .exceptionally(
                failure -> ReadIndexResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void changeMembers(
      ChangeMembersRequest request, StreamObserver<ChangeMembersResponse> out) {
    ClusterService.answer(
        node.changeMembersHere(request)
            .exceptionally(
                failure ->
                    ChangeMembersResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> out) {
    ClusterService.answer(
        node.transferHere(request.getShardId(), request.getNodeId())
            .thenApply(done -> TransferLeadershipResponse.getDefaultInstance())
            .exceptionally(
                failure ->
                    TransferLeadershipResponse.newBuilder()
                        .setError(Answers.error(failure))
                        .build()),
        response -> response,
        out);
  }

  @Override
  public void splitShard(SplitShardRequest request, StreamObserver<SplitShardResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .splitShard(request)
            .exceptionally(
                failure ->
                    SplitShardResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void mergeShard(MergeShardRequest request, StreamObserver<MergeShardResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .mergeShard(request)
            .exceptionally(
                failure ->
                    MergeShardResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void trimShard(TrimShardRequest request, StreamObserver<TrimShardResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .trimShard(request)
            .exceptionally(
                failure -> TrimShardResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void flushShard(FlushShardRequest request, StreamObserver<FlushShardResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .flushShard(request)
            .exceptionally(
                failure ->
                    FlushShardResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void freeze(FreezeRequest request, StreamObserver<FreezeResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .freeze(request)
            .exceptionally(
                failure -> FreezeResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void readFrozen(ReadFrozenRequest request, StreamObserver<ReadFrozenResponse> out) {
    ClusterService.answer(
        node.reshaper()
            .readFrozen(request)
            .exceptionally(
                failure ->
                    ReadFrozenResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void openSnapshot(OpenSnapshotRequest request, StreamObserver<SnapshotManifest> out) {
    snapshots.open(request, out);
  }

  @Override
  public void fetchSnapshotFile(FetchFileRequest request, StreamObserver<FileChunk> out) {
    snapshots.fetch(request, out);
  }

  @Override
  public void closeSnapshot(
      CloseSnapshotRequest request, StreamObserver<CloseSnapshotResponse> out) {
    snapshots.close(request, out);
  }

  @Override
  public void followCopies(FollowCopiesRequest request, StreamObserver<FollowCopiesResponse> out) {
    ClusterService.answer(
        copies
            .followHere(request)
            .exceptionally(
                failure ->
                    FollowCopiesResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void readSources(ReadSourcesRequest request, StreamObserver<ReadSourcesResponse> out) {
    ClusterService.answer(
        copies
            .readHere(request)
            .exceptionally(
                failure ->
                    ReadSourcesResponse.newBuilder().setError(Answers.error(failure)).build()),
        response -> response,
        out);
  }

  @Override
  public void copyLags(CopyLagsRequest request, StreamObserver<CopyLagsResponse> out) {
    ClusterService.answer(copies.lags().here(request), response -> response, out);
  }
}
