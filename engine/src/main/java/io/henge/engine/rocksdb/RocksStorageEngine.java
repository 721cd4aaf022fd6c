package io.henge.engine.rocksdb;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.DurableFiles;
import io.henge.engine.OpenStores;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreFormat;
import java.io.IOException;
import java.nio.file.Path;
import org.rocksdb.Cache;
import org.rocksdb.Env;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.Priority;
import org.rocksdb.RateLimiter;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBufferManager;

/**
 * Stores on RocksDB: one instance each, over a block cache, a write-buffer guard, a rate limiter
 * and background threads that all share. Thread-safe.
 */
public final class RocksStorageEngine implements StorageEngine {
  /** Indexes and filters may hold this part of the cache before blocks push them out. */
  private static final double HIGH_PRIORITY_RATIO = 0.3;

  private static final long REFILL_MICROS = 20_000;
  private static final int FAIRNESS = 10;
  private static final int CACHE_SHARDS_AUTOMATIC = -1;

  private final RocksSettings settings;
  private final NativeScope scope = new NativeScope();
  private final SharedResources shared;
  private final OpenStores stores = new OpenStores();

  /** What the stores of an engine share. */
  record SharedResources(
      RocksSettings settings, Cache cache, WriteBufferManager writeBuffers, RateLimiter limiter) {}

  public RocksStorageEngine(RocksSettings settings) {
    // Before the first native object: `new LRUCache` does not load the library by itself.
    RocksDB.loadLibrary();
    this.settings = settings;
    MemoryBudget memory = settings.memory();
    Cache cache =
        scope.own(
            new LRUCache(memory.totalBytes(), CACHE_SHARDS_AUTOMATIC, false, HIGH_PRIORITY_RATIO));
    // Not allowed to stall: it would stop the writers of all stores until a flush of a store that
    // nobody writes to, which nothing starts. The flush scheduler keeps below the limit instead.
    WriteBufferManager writeBuffers =
        scope.own(new WriteBufferManager(memory.writeBufferBytes(), cache, false));
    RateLimiter limiter =
        scope.own(new RateLimiter(settings.backgroundBytesPerSecond(), REFILL_MICROS, FAIRNESS));
    this.shared = new SharedResources(settings, cache, writeBuffers, limiter);
    // The default environment is the process's: engines in one process share its threads.
    Env environment = Env.getDefault();
    environment.incBackgroundThreadsIfNeeded(settings.backgroundThreads(), Priority.HIGH);
    environment.incBackgroundThreadsIfNeeded(settings.backgroundThreads(), Priority.LOW);
    NativeLeaks.Kind.ENGINE.opened();
  }

  public RocksSettings settings() {
    return settings;
  }

  @Override
  public ShardStore open(Path directory) {
    return stores.open(directory, this::openFree);
  }

  private ShardStore openFree(Path path, Runnable onClosed) throws IOException {
    boolean stamped = StoreFormat.isStamped(path);
    if (stamped) {
      StoreFormat.require(path);
    } else {
      DurableFiles.createDirectories(path);
    }
    NativeScope store = new NativeScope();
    try {
      Options options = StoreOptions.create(shared, store);
      // A stamped store whose files are gone is damaged, and must not come up empty.
      options.setCreateIfMissing(!stamped);
      RocksDB db = store.own(RocksDB.open(options, path.toString()));
      if (!stamped) {
        requireEmpty(path, db);
        StoreFormat.stamp(path);
      }
      return new RocksStore(path, db, store, onClosed);
    } catch (RocksDBException e) {
      store.close();
      throw RocksFailures.ofOpening(path.toString(), e);
    } catch (IOException | RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  /** An interrupted creation leaves no rows: a store with rows has lost its stamp. */
  private static void requireEmpty(Path path, RocksDB db) {
    try (RocksIterator rows = db.newIterator()) {
      rows.seekToFirst();
      if (rows.isValid()) {
        throw new HengeException(
            ErrorCode.CORRUPTION, path + " has rows, but no " + StoreFormat.FILE + " file");
      }
    }
  }

  @Override
  public void destroy(Path directory) {
    stores.destroy(directory);
  }

  @Override
  public void close() {
    if (stores.close()) {
      scope.close();
      NativeLeaks.Kind.ENGINE.closed();
    }
  }
}
