package io.henge.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.internal.v1.CloseSnapshotRequest;
import io.henge.api.internal.v1.CloseSnapshotResponse;
import io.henge.api.internal.v1.FetchFileRequest;
import io.henge.api.internal.v1.FileChunk;
import io.henge.api.internal.v1.OpenSnapshotRequest;
import io.henge.api.internal.v1.SnapshotFile;
import io.henge.api.internal.v1.SnapshotManifest;
import io.henge.replication.GroupId;
import io.henge.replication.snapshot.SnapshotHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/** Gives snapshots to other nodes: the part of {@link NodeService} that blocks on the disk. */
final class SnapshotService {
  /** A receiver that takes nothing for so long is gone. */
  private static final long STALL_MILLIS = 30_000;

  private final SnapshotHost host;
  private final LongFunction<GroupId> groups;
  private final Executor blocking;
  private final Runnable opened;

  /**
   * A service.
   *
   * @param groups the group of a shard of this cluster
   * @param opened told of each snapshot that is opened
   */
  SnapshotService(
      SnapshotHost host, LongFunction<GroupId> groups, Executor blocking, Runnable opened) {
    this.host = host;
    this.groups = groups;
    this.blocking = blocking;
    this.opened = opened;
  }

  void open(OpenSnapshotRequest request, StreamObserver<SnapshotManifest> out) {
    ((ServerCallStreamObserver<SnapshotManifest>) out).setOnCancelHandler(() -> {});
    blocking.execute(
        () -> {
          SnapshotManifest answer;
          try {
            answer = wire(host.open(groups.apply(request.getShardId())));
            opened.run();
          } catch (RuntimeException e) {
            answer = SnapshotManifest.newBuilder().setError(Answers.error(e)).build();
          }
          out.onNext(answer);
          out.onCompleted();
        });
  }

  private static SnapshotManifest wire(io.henge.replication.snapshot.SnapshotManifest manifest) {
    SnapshotManifest.Builder wire =
        SnapshotManifest.newBuilder()
            .setSnapshotId(manifest.id())
            .setShardId(manifest.group().shard())
            .setTerm(manifest.position().term())
            .setIndex(manifest.position().index())
            .setFormat(manifest.format());
    manifest
        .files()
        .forEach(
            file ->
                wire.addFiles(
                    SnapshotFile.newBuilder()
                        .setName(file.name())
                        .setBytes(file.bytes())
                        .setCrc32C(file.crc32c())));
    return wire.build();
  }

  void fetch(FetchFileRequest request, StreamObserver<FileChunk> out) {
    ServerCallStreamObserver<FileChunk> call = (ServerCallStreamObserver<FileChunk>) out;
    Sender sender = new Sender(call);
    call.setOnReadyHandler(sender::wake);
    call.setOnCancelHandler(sender::wake);
    blocking.execute(
        () -> {
          try {
            host.read(
                request.getSnapshotId(), request.getName(), request.getOffset(), sender::send);
            call.onCompleted();
          } catch (IOException | RuntimeException e) {
            if (!call.isCancelled()) {
              call.onError(Answers.status(Answers.error(e)));
            }
          }
        });
  }

  /** Sends as fast as the receiver takes. */
  private static final class Sender {
    private final ServerCallStreamObserver<FileChunk> call;

    Sender(ServerCallStreamObserver<FileChunk> call) {
      this.call = call;
    }

    synchronized void wake() {
      notifyAll();
    }

    void send(long offset, ByteBuffer data, int crc32c) throws IOException {
      awaitReady();
      call.onNext(
          FileChunk.newBuilder()
              .setOffset(offset)
              .setData(com.google.protobuf.ByteString.copyFrom(data))
              .setCrc32C(crc32c)
              .build());
    }

    private synchronized void awaitReady() throws IOException {
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STALL_MILLIS);
      while (!call.isReady() && !call.isCancelled()) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new IOException("the receiver takes nothing");
        }
        try {
          wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
      if (call.isCancelled()) {
        throw new IOException("the receiver has left");
      }
    }
  }

  void close(CloseSnapshotRequest request, StreamObserver<CloseSnapshotResponse> out) {
    ((ServerCallStreamObserver<CloseSnapshotResponse>) out).setOnCancelHandler(() -> {});
    blocking.execute(
        () -> {
          host.release(request.getSnapshotId());
          out.onNext(CloseSnapshotResponse.getDefaultInstance());
          out.onCompleted();
        });
  }
}
