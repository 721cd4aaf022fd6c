package io.henge.engine.rocksdb;

import io.henge.engine.rocksdb.RocksStorageEngine.SharedResources;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ChecksumType;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;

/** RocksDB's options for a store, each with its reason. */
final class StoreOptions {
  private static final int LEVELS = 7;
  private static final int TABLE_FORMAT = 6;
  private static final double BLOOM_BITS_PER_KEY = 10;
  private static final long BLOCK_BYTES = 8 << 10;
  private static final long INFO_LOG_BYTES_MAX = 1 << 20;
  private static final long SYNC_BYTES = 1 << 20;
  private static final int MEMTABLES_MAX = 3;

  private StoreOptions() {}

  static Options create(SharedResources shared, NativeScope scope) {
    Options options = scope.own(new Options());
    durability(options);
    resources(options, shared);
    quiet(options);
    return options
        .setTableFormatConfig(table(shared, scope))
        .setCompressionPerLevel(compression())
        .setNumLevels(LEVELS)
        // The last level gets its full size first: no level is ten times too big for its data.
        .setLevelCompactionDynamicLevelBytes(true)
        .setTargetFileSizeBase(64L << 20)
        .setMaxBytesForLevelBase(256L << 20);
  }

  private static void durability(Options options) {
    options
        // Of no effect with one column family; so that a second one could not break the rule that
        // what is on disk is a prefix of what was written.
        .setAtomicFlush(true)
        // Closing loses what was not flushed, always: a store is opened again at the position that
        // its own rows name, and what a crash does every day is what a shutdown does.
        .setAvoidFlushDuringShutdown(true)
        .setParanoidChecks(true)
        // One writer per store: plain inserts are cheaper than concurrent ones.
        .setAllowConcurrentMemtableWrite(false)
        .setEnableWriteThreadAdaptiveYield(false);
  }

  private static void resources(Options options, SharedResources shared) {
    RocksSettings settings = shared.settings();
    options
        .setWriteBufferManager(shared.writeBuffers())
        .setRateLimiter(shared.limiter())
        .setWriteBufferSize(settings.memory().memtableBytes())
        // Room to write on while flushes are behind; then RocksDB stops the writer.
        .setMaxWriteBufferNumber(MEMTABLES_MAX)
        .setMaxBackgroundJobs(2 * settings.backgroundThreads())
        // Not all files for ever: there may be hundreds of stores.
        .setMaxOpenFiles(settings.openFilesMax())
        // Written pages go to the disk as they come and not in one burst at the final sync, which
        // the replicated log's syncs would wait behind.
        .setBytesPerSync(SYNC_BYTES)
        // Readers are on event loops: files are deleted by background threads.
        .setAvoidUnnecessaryBlockingIO(true)
        .setSkipStatsUpdateOnDbOpen(true);
  }

  /** No threads and files for statistics that nobody reads: they count with hundreds of stores. */
  private static void quiet(Options options) {
    options
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setMaxLogFileSize(INFO_LOG_BYTES_MAX)
        .setKeepLogFileNum(2)
        .setInfoLogLevel(org.rocksdb.InfoLogLevel.WARN_LEVEL);
  }

  private static BlockBasedTableConfig table(SharedResources shared, NativeScope scope) {
    return new BlockBasedTableConfig()
        .setBlockCache(shared.cache())
        // Indexes and filters come out of the budget, before data blocks; those of level 0 stay,
        // since every read asks them.
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinL0FilterAndIndexBlocksInCache(true)
        .setFilterPolicy(scope.own(new BloomFilter(BLOOM_BITS_PER_KEY)))
        .setWholeKeyFiltering(true)
        // Twice RocksDB's default: items of about 1 KB, and half the index.
        .setBlockSize(BLOCK_BYTES)
        // Named, so that a new library does not change what is on disk by itself.
        .setFormatVersion(TABLE_FORMAT)
        .setChecksumType(ChecksumType.kXXH3);
  }

  /** LZ4 (in every rocksdbjni), but not for level 0: it is rewritten soon, and flushes are hot. */
  private static List<CompressionType> compression() {
    List<CompressionType> levels =
        new ArrayList<>(Collections.nCopies(LEVELS, CompressionType.LZ4_COMPRESSION));
    levels.set(0, CompressionType.NO_COMPRESSION);
    return levels;
  }
}
