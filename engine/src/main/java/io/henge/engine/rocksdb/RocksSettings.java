package io.henge.engine.rocksdb;

import io.henge.api.error.HengeException;

/**
 * Settings of the storage engine of one node.
 *
 * @param memory native memory of all stores together
 * @param backgroundThreads threads that compact; as many flush. At least 1
 * @param backgroundBytesPerSecond what flushes and compactions may write together, so that they
 *     leave the disk to the replicated log; at least 1 MiB
 * @param openFilesMax table files that one store keeps open; at least 16
 */
public record RocksSettings(
    MemoryBudget memory, int backgroundThreads, long backgroundBytesPerSecond, int openFilesMax) {
  private static final long BYTES_PER_SECOND = 256L << 20;
  private static final int OPEN_FILES = 512;

  public RocksSettings {
    require("storage background threads", backgroundThreads, 1);
    require("storage background bytes per second", backgroundBytesPerSecond, 1 << 20);
    require("storage open files", openFilesMax, 16);
  }

  /** A thread per two cores (at least one), 256 MiB/s, 512 files a store. */
  public static RocksSettings of(long memoryBytes) {
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    return new RocksSettings(new MemoryBudget(memoryBytes), threads, BYTES_PER_SECOND, OPEN_FILES);
  }

  private static void require(String name, long value, long least) {
    if (value < least) {
      throw HengeException.invalid(name + ": at least " + least + " expected, found " + value);
    }
  }
}
