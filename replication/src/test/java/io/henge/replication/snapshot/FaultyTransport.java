package io.henge.replication.snapshot;

import io.henge.replication.GroupId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Straight to hosts in this process; breaks, stalls, damages and loses what a test wants. */
public final class FaultyTransport implements SnapshotTransport {
  /** What happens to the n-th chunk that passes. */
  enum Fault {
    NONE,
    BREAK,
    STALL,
    DAMAGE
  }

  final AtomicInteger chunks = new AtomicInteger();
  final AtomicInteger streams = new AtomicInteger();
  private final Map<String, SnapshotHost> hosts = new ConcurrentHashMap<>();
  private final Map<Integer, Fault> faults = new ConcurrentHashMap<>();
  private final Executor executor;

  public FaultyTransport(Executor executor) {
    this.executor = executor;
  }

  public void add(String nodeId, SnapshotHost host) {
    hosts.put(nodeId, host);
  }

  void at(int chunk, Fault fault) {
    faults.put(chunk, fault);
  }

  private SnapshotHost host(String nodeId) {
    SnapshotHost host = hosts.get(nodeId);
    if (host == null) {
      throw new IllegalStateException("no node " + nodeId);
    }
    return host;
  }

  @Override
  public CompletableFuture<SnapshotManifest> open(String nodeId, GroupId group) {
    return CompletableFuture.supplyAsync(() -> host(nodeId).open(group), executor);
  }

  @Override
  public CompletableFuture<Void> fetch(
      String nodeId, String snapshotId, String file, long offset, ChunkSink sink) {
    streams.incrementAndGet();
    CompletableFuture<Void> stalled = new CompletableFuture<>();
    CompletableFuture<Void> stream =
        CompletableFuture.runAsync(
            () -> {
              try {
                host(nodeId)
                    .read(
                        snapshotId,
                        file,
                        offset,
                        (at, data, crc) -> pass(at, data, crc, sink, stalled));
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            },
            executor);
    return stream.thenCompose(
        done ->
            stalled.isDone() ? new CompletableFuture<>() : CompletableFuture.completedFuture(null));
  }

  private void pass(
      long at, ByteBuffer data, int crc, ChunkSink sink, CompletableFuture<Void> stalled)
      throws IOException {
    switch (faults.getOrDefault(chunks.incrementAndGet(), Fault.NONE)) {
      case NONE -> {
        if (!stalled.isDone()) {
          sink.accept(at, data, crc);
        }
      }
      case BREAK -> throw new IOException("the connection broke");
      case STALL -> stalled.complete(null);
      case DAMAGE -> {
        ByteBuffer damaged = ByteBuffer.allocate(data.remaining()).put(data).flip();
        damaged.put(0, (byte) (damaged.get(0) ^ 1));
        sink.accept(at, damaged, crc);
      }
    }
  }

  @Override
  public void close(String nodeId, String snapshotId) {
    host(nodeId).release(snapshotId);
  }
}
