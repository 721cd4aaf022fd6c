package io.henge.server.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.CloseSnapshotRequest;
import io.henge.api.internal.v1.FetchFileRequest;
import io.henge.api.internal.v1.FileChunk;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.api.internal.v1.OpenSnapshotRequest;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.snapshot.SnapshotManifest;
import io.henge.replication.snapshot.SnapshotTransport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Fetches snapshots from other nodes over their gRPC port. */
public final class GrpcSnapshots implements SnapshotTransport {
  /** Reading all of a large store once, for its checksums, takes a while. */
  private static final Duration OPEN = Duration.ofMinutes(10);

  private final GrpcPeers peers;
  private final Executor blocking;

  /**
   * A transport.
   *
   * @param blocking takes chunks to their sinks
   */
  public GrpcSnapshots(GrpcPeers peers, Executor blocking) {
    this.peers = peers;
    this.blocking = blocking;
  }

  @Override
  public CompletableFuture<SnapshotManifest> open(String nodeId, GroupId group) {
    return peers
        .call(
            nodeId,
            NodeGrpc.getOpenSnapshotMethod(),
            OpenSnapshotRequest.newBuilder().setShardId(group.shard()).build(),
            OPEN)
        .thenApply(
            wire -> {
              if (wire.hasError()) {
                throw new HengeException(
                    ErrorCode.of(wire.getError().getCode()), wire.getError().getMessage());
              }
              return new SnapshotManifest(
                  wire.getSnapshotId(),
                  group,
                  new LogPosition(wire.getTerm(), wire.getIndex()),
                  wire.getFilesList().stream()
                      .map(
                          file ->
                              new SnapshotManifest.File(
                                  file.getName(), file.getBytes(), file.getCrc32C()))
                      .toList(),
                  wire.getFormat());
            });
  }

  @Override
  public CompletableFuture<Void> fetch(
      String nodeId, String snapshotId, String file, long offset, ChunkSink sink) {
    Channel channel = peers.channel(nodeId);
    if (channel == null) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.UNAVAILABLE, "the address of node " + nodeId + " is unknown"));
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    ClientCall<FetchFileRequest, FileChunk> call =
        channel.newCall(
            NodeGrpc.getFetchSnapshotFileMethod(),
            CallOptions.DEFAULT.withExecutor(new SerialExecutor(blocking)));
    done.whenComplete(
        (nothing, failure) -> {
          if (failure != null) {
            call.cancel("the transfer was given up", null);
          }
        });
    call.start(new Chunks(call, sink, done), new Metadata());
    call.sendMessage(
        FetchFileRequest.newBuilder()
            .setSnapshotId(snapshotId)
            .setName(file)
            .setOffset(offset)
            .build());
    call.halfClose();
    call.request(2);
    return done;
  }

  /** One chunk after another; the next but one is asked for when one has been taken. */
  private static final class Chunks extends ClientCall.Listener<FileChunk> {
    private final ClientCall<FetchFileRequest, FileChunk> call;
    private final ChunkSink sink;
    private final CompletableFuture<Void> done;

    Chunks(
        ClientCall<FetchFileRequest, FileChunk> call,
        ChunkSink sink,
        CompletableFuture<Void> done) {
      this.call = call;
      this.sink = sink;
      this.done = done;
    }

    @Override
    public void onMessage(FileChunk chunk) {
      if (done.isDone()) {
        return;
      }
      try {
        sink.accept(chunk.getOffset(), chunk.getData().asReadOnlyByteBuffer(), chunk.getCrc32C());
        call.request(1);
      } catch (IOException | RuntimeException e) {
        done.completeExceptionally(e);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk()) {
        done.complete(null);
      } else {
        done.completeExceptionally(Answers.known(status.asRuntimeException()));
      }
    }
  }

  @Override
  public void close(String nodeId, String snapshotId) {
    peers.call(
        nodeId,
        NodeGrpc.getCloseSnapshotMethod(),
        CloseSnapshotRequest.newBuilder().setSnapshotId(snapshotId).build(),
        Duration.ofSeconds(5));
  }
}
