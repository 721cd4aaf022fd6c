package io.henge.engine.rocksdb;

import io.henge.engine.DurableFiles;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreFailedException;
import io.henge.engine.StoreFormat;
import io.henge.engine.StoreStatistics;
import io.henge.engine.UseGate;
import io.henge.engine.WriteRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.rocksdb.Checkpoint;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.FlushOptions;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.WriteOptions;

/** One store: one RocksDB with one column family. */
final class RocksStore implements ShardStore {
  private final Path directory;
  private final RocksDB db;
  private final Runnable whenClosed;
  private final UseGate gate;
  private final NativeScope scope;
  private final ReadOptions readOptions;
  private final ReadOptions cachedOptions;
  private final WriteOptions writeOptions;
  private final FlushOptions flushOptions;

  /** Compactions under way that closing is to end. Guards {@link #closing} for writing. */
  private final Set<CompactRangeOptions> reclaiming =
      Collections.newSetFromMap(new IdentityHashMap<>());

  private volatile boolean closing;

  /**
   * Takes over the scope, which owns the database.
   *
   * @param whenClosed runs after the last native object is gone
   */
  RocksStore(Path directory, RocksDB db, NativeScope scope, Runnable whenClosed) {
    this.directory = directory;
    this.db = db;
    this.scope = scope;
    this.whenClosed = whenClosed;
    this.gate = new UseGate("store " + directory);
    this.readOptions = scope.own(new ReadOptions());
    this.cachedOptions = scope.own(RocksView.cached());
    this.writeOptions = scope.own(new WriteOptions()).setDisableWAL(true);
    // To wait for a stall to pass would let the log grow that the flush is to cut.
    this.flushOptions =
        scope.own(new FlushOptions()).setWaitForFlush(true).setAllowWriteStall(true);
    NativeLeaks.Kind.STORE.opened();
  }

  @Override
  public ReadView latest() {
    gate.enter();
    return new RocksView(db, gate, readOptions, cachedOptions);
  }

  @Override
  public ReadView snapshot() {
    gate.enter();
    return new RocksView(db, gate);
  }

  @Override
  public WriteRows batch() {
    return new RocksRows();
  }

  @Override
  public void write(WriteRows batch) {
    gate.enter();
    try {
      db.write(writeOptions, ((RocksRows) batch).open());
    } catch (RocksDBException e) {
      throw new StoreFailedException(directory + ": cannot write: " + e.getMessage(), e);
    } finally {
      gate.leave();
    }
  }

  @Override
  public void flush() {
    gate.enter();
    try {
      db.flush(flushOptions);
    } catch (RocksDBException e) {
      throw new StoreFailedException(directory + ": cannot flush: " + e.getMessage(), e);
    } finally {
      gate.leave();
    }
  }

  @Override
  public long unflushedBytes() {
    gate.enter();
    try {
      return memtableBytes();
    } catch (RocksDBException e) {
      throw RocksFailures.of("sizes", e);
    } finally {
      gate.leave();
    }
  }

  /** An empty memtable has a size too: only entries (range deletes among them) count. */
  private long memtableBytes() throws RocksDBException {
    boolean empty =
        db.getLongProperty("rocksdb.num-entries-active-mem-table") == 0
            && db.getLongProperty("rocksdb.num-deletes-active-mem-table") == 0
            && db.getLongProperty("rocksdb.num-immutable-mem-table") == 0;
    return empty ? 0 : db.getLongProperty("rocksdb.cur-size-all-mem-tables");
  }

  @Override
  public void checkpoint(Path target) {
    gate.enter();
    Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
    try {
      if (Files.exists(target)) {
        throw new IllegalArgumentException(target + " exists");
      }
      DurableFiles.deleteTree(temporary);
      try (Checkpoint checkpoint = Checkpoint.create(db)) {
        checkpoint.createCheckpoint(temporary.toString());
      }
      StoreFormat.stamp(temporary);
      DurableFiles.syncTree(temporary);
      DurableFiles.move(temporary, target);
    } catch (RocksDBException | IOException e) {
      throw new StoreFailedException(
          directory + ": cannot write checkpoint " + target + ": " + e.getMessage(), e);
    } finally {
      gate.leave();
    }
  }

  @Override
  public long approximateBytes(KeySpace space, byte[] from, byte[] to) {
    gate.enter();
    try (Slice low = new Slice(RowKeys.of(space, from));
        Slice high = new Slice(RowKeys.end(space, to))) {
      return db.getApproximateSizes(
              List.of(new Range(low, high)),
              SizeApproximationFlag.INCLUDE_FILES,
              SizeApproximationFlag.INCLUDE_MEMTABLES)[0];
    } finally {
      gate.leave();
    }
  }

  /**
   * {@inheritDoc} By compaction, not by dropping the files of the range: one of those may hold the
   * tombstone that hides rows in a file which reaches beyond the range and stays.
   */
  @Override
  public void reclaim(KeySpace space, byte[] from, byte[] to) {
    gate.enter();
    CompactRangeOptions options =
        new CompactRangeOptions()
            .setExclusiveManualCompaction(false)
            .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized);
    try {
      synchronized (reclaiming) {
        options.setCanceled(closing);
        reclaiming.add(options);
      }
      db.compactRange(
          db.getDefaultColumnFamily(), RowKeys.of(space, from), RowKeys.end(space, to), options);
    } catch (RocksDBException e) {
      if (!closing) {
        throw new StoreFailedException(directory + ": cannot compact: " + e.getMessage(), e);
      }
    } finally {
      synchronized (reclaiming) {
        reclaiming.remove(options);
        options.close();
      }
      gate.leave();
    }
  }

  /** Else closing would wait for it. */
  private void stopReclaiming() {
    synchronized (reclaiming) {
      closing = true;
      reclaiming.forEach(options -> options.setCanceled(true));
    }
  }

  @Override
  public StoreStatistics statistics() {
    gate.enter();
    try {
      String flushes = db.getMapProperty("rocksdb.cfstats").get("compaction.L0.CompCount");
      return new StoreStatistics(
          db.getLongProperty("rocksdb.estimate-num-keys"),
          DurableFiles.bytes(directory),
          memtableBytes(),
          flushes == null ? 0 : (long) Double.parseDouble(flushes),
          db.getLongProperty("rocksdb.estimate-pending-compaction-bytes"));
    } catch (RocksDBException e) {
      throw RocksFailures.of("sizes", e);
    } catch (IOException e) {
      throw new StoreFailedException(directory + ": cannot read sizes: " + e, e);
    } finally {
      gate.leave();
    }
  }

  /** {@inheritDoc} A second caller waits for the first: after either nothing is open. */
  @Override
  public synchronized void close() {
    stopReclaiming();
    if (gate.shutAndWait()) {
      scope.close();
      NativeLeaks.Kind.STORE.closed();
      whenClosed.run();
    }
  }
}
