package io.henge.engine;

import io.henge.api.error.HengeException;
import java.util.concurrent.TimeUnit;

/**
 * When stores are flushed.
 *
 * @param memtableBytesMax what the memtables of all stores together should stay below; 0: no limit
 * @param unflushedBytesMax what one store may have to replay after a crash
 * @param dirtyNanosMax how long a write may wait for a flush
 * @param checkNanos how often to look
 */
public record FlushPolicy(
    long memtableBytesMax, long unflushedBytesMax, long dirtyNanosMax, long checkNanos) {
  private static final long UNFLUSHED_BYTES = 64L << 20;

  public FlushPolicy {
    if (memtableBytesMax < 0 || unflushedBytesMax < 1 || dirtyNanosMax < 1 || checkNanos < 1) {
      throw HengeException.invalid(
          "flush policy: positive limits expected, found "
              + memtableBytesMax
              + ", "
              + unflushedBytesMax
              + ", "
              + dirtyNanosMax
              + ", "
              + checkNanos);
    }
  }

  /**
   * Flushes from three quarters of the write buffers on, a store at 64 MiB or after 5 minutes;
   * looks four times a second.
   *
   * @param writeBufferBytes the budget for memtables. RocksDB's own guard acts at seven eighths of
   *     it, on whoever happens to write; the scheduler has to be earlier
   */
  public static FlushPolicy of(long writeBufferBytes) {
    return new FlushPolicy(
        writeBufferBytes / 4 * 3,
        UNFLUSHED_BYTES,
        TimeUnit.MINUTES.toNanos(5),
        TimeUnit.MILLISECONDS.toNanos(250));
  }
}
