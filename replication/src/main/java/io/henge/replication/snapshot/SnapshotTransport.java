package io.henge.replication.snapshot;

import io.henge.replication.GroupId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** How a receiver reaches the {@link SnapshotHost} of another node. Thread-safe; does not block. */
public interface SnapshotTransport {
  /** Asks a node to hold a checkpoint. May take as long as reading all of it once. */
  CompletableFuture<SnapshotManifest> open(String nodeId, GroupId group);

  /**
   * Reads a file from an offset to its end.
   *
   * @param sink given the bytes in order, by one thread at a time; it may block, and the transport
   *     must then stop reading on
   * @return completes after the last byte; cancelling it ends the transfer
   */
  CompletableFuture<Void> fetch(
      String nodeId, String snapshotId, String file, long offset, ChunkSink sink);

  /** Tells the node that the checkpoint is not needed any more. */
  void close(String nodeId, String snapshotId);

  /** Takes what arrives. */
  @FunctionalInterface
  interface ChunkSink {
    /**
     * Takes the next chunk. May block.
     *
     * @param offset where in the file it belongs
     * @param data read from its position to its limit
     * @param crc32c of this chunk
     * @throws IOException if it is damaged, out of place or cannot be written: ends the transfer
     */
    void accept(long offset, ByteBuffer data, int crc32c) throws IOException;
  }
}
