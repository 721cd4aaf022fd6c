package io.henge.engine;

import java.nio.file.Path;

/**
 * The rows of one shard replica.
 *
 * <p>Threads: one writer at a time; any number of readers. Writes are visible at once and durable
 * only after {@link #flush}: there is no write-ahead log, the replicated log plays that part. What
 * is on disk is always a prefix of the batches written: never a later one without an earlier one.
 *
 * <p>Every use holds a counted reference: {@link #close} stops admission, waits for views to be
 * closed, then releases native memory. Later calls fail with {@link StoreClosedException}.
 */
public interface ShardStore extends AutoCloseable {

  /** A view of the latest state, for one or a few reads. Cheap. Close it soon. */
  ReadView latest();

  /** A consistent view: later writes are not seen. */
  ReadView snapshot();

  /** An empty batch for {@link #write}. */
  WriteRows batch();

  /**
   * Writes all rows of a batch, or none.
   *
   * @throws StoreFailedException if the store cannot write; the replica must take itself out
   */
  void write(WriteRows batch);

  /**
   * Makes everything written before the call durable (fsync included). Blocks; call it from a
   * background thread. Concurrent calls are allowed.
   */
  void flush();

  /** Bytes written and not yet flushed. */
  long unflushedBytes();

  /**
   * Writes a consistent copy of the store into {@code directory}, which must not exist: hard links
   * where possible, fsynced. The copy holds everything written before the call.
   */
  void checkpoint(Path directory);

  /**
   * Bytes that the rows from {@code from} (inclusive) to {@code to} (exclusive; empty = end of the
   * key space) take on disk and in memory, estimated. Reads no rows.
   */
  long approximateBytes(KeySpace space, byte[] from, byte[] to);

  /**
   * Gives back the room of rows in a range that have been deleted. Without effect on what can be
   * read. May rewrite all files that hold some of it: blocks, for a background thread. Ends early
   * when the store is closed.
   */
  void reclaim(KeySpace space, byte[] from, byte[] to);

  /** Sizes and counters, as the store knows them now. */
  StoreStatistics statistics();

  /** Waits for open views, then releases everything. Does not flush. Idempotent. */
  @Override
  void close();
}
