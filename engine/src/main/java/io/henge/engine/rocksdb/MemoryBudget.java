package io.henge.engine.rocksdb;

import io.henge.api.error.HengeException;

/**
 * The native memory of all stores of a node: cached blocks, their indexes and filters, and
 * memtables, out of one sum. Memtables are charged to the block cache, so what they do not use now
 * caches blocks; the split only says how far memtables may push the cache back.
 *
 * @param totalBytes at least {@link #BYTES_MIN}
 */
public record MemoryBudget(long totalBytes) {
  public static final long BYTES_MIN = 8L << 20;

  /** Above this, inserts into the memtable's skip list cost more than fewer files save. */
  private static final long MEMTABLE_BYTES_MAX = 64L << 20;

  private static final long MEMTABLE_BYTES_MIN = 1L << 20;
  private static final long WRITE_BUFFER_BYTES_MAX = 1L << 30;

  public MemoryBudget {
    if (totalBytes < BYTES_MIN) {
      throw HengeException.invalid(
          "storage memory: at least " + BYTES_MIN + " bytes expected, found " + totalBytes);
    }
  }

  /** For memtables of all stores together; the flush scheduler keeps them below. */
  public long writeBufferBytes() {
    return Math.min(totalBytes / 2, WRITE_BUFFER_BYTES_MAX);
  }

  /** What is left for blocks when all memtables are full. */
  public long blockCacheBytes() {
    return totalBytes - writeBufferBytes();
  }

  /** One memtable: at most half of the write buffers, so that one can fill while one is flushed. */
  public long memtableBytes() {
    return Math.max(MEMTABLE_BYTES_MIN, Math.min(writeBufferBytes() / 2, MEMTABLE_BYTES_MAX));
  }
}
