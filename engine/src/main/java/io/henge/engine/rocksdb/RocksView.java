package io.henge.engine.rocksdb;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.UseGate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;

/**
 * Reads from a store. A view of the latest state borrows the store's read options and costs no
 * native object; a snapshot has options of its own.
 */
final class RocksView implements ReadView {
  private final RocksDB db;
  private final UseGate gate;
  private final ReadOptions options;
  private final ReadOptions cachedOptions;
  private final @Nullable Snapshot snapshot;
  private final @Nullable NativeScope scope;
  private boolean closed;

  /** The latest state. Takes over a use of the gate. */
  RocksView(RocksDB db, UseGate gate, ReadOptions options, ReadOptions cachedOptions) {
    this.db = db;
    this.gate = gate;
    this.options = options;
    this.cachedOptions = cachedOptions;
    this.snapshot = null;
    this.scope = null;
    NativeLeaks.Kind.VIEW.opened();
  }

  /** A snapshot, taken now. Takes over a use of the gate. */
  RocksView(RocksDB db, UseGate gate) {
    this.db = db;
    this.gate = gate;
    this.snapshot = db.getSnapshot();
    this.scope = new NativeScope();
    this.options = scope.own(new ReadOptions()).setSnapshot(snapshot);
    this.cachedOptions = scope.own(cached()).setSnapshot(snapshot);
    NativeLeaks.Kind.VIEW.opened();
  }

  /** Options that never read a disk. */
  static ReadOptions cached() {
    return new ReadOptions().setReadTier(ReadTier.BLOCK_CACHE_TIER);
  }

  @Override
  public byte @Nullable [] get(KeySpace space, byte[] key) {
    requireOpen();
    return get(RowKeys.of(space, key));
  }

  private byte @Nullable [] get(byte[] rowKey) {
    try {
      return db.get(options, rowKey);
    } catch (RocksDBException e) {
      throw RocksFailures.of("get", e);
    }
  }

  @Override
  public byte @Nullable [] getIfCached(KeySpace space, byte[] key) {
    requireOpen();
    try {
      return db.get(cachedOptions, RowKeys.of(space, key));
    } catch (RocksDBException e) {
      if (RocksFailures.code(e) == Status.Code.Incomplete) {
        return NOT_CACHED;
      }
      throw RocksFailures.of("get", e);
    }
  }

  @Override
  public List<byte @Nullable []> multiGet(KeySpace space, List<byte[]> keys) {
    requireOpen();
    if (keys.isEmpty()) {
      return List.of();
    }
    List<byte[]> rowKeys = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      rowKeys.add(RowKeys.of(space, key));
    }
    try {
      List<byte @Nullable []> values = new ArrayList<>(db.multiGetAsList(options, rowKeys));
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) == null) {
          // The Java binding says null for "absent" and for "could not be read": ask again in the
          // way that tells them apart. Absent keys are cheap: the Bloom filters know them.
          values.set(i, get(rowKeys.get(i)));
        }
      }
      return values;
    } catch (RocksDBException e) {
      throw RocksFailures.of("multi-get", e);
    }
  }

  @Override
  public RowCursor scan(KeySpace space, byte[] from, byte[] to, boolean reverse) {
    requireOpen();
    if (to.length > 0 && Arrays.compareUnsigned(from, to) >= 0) {
      return EmptyCursor.INSTANCE;
    }
    gate.enterAgain();
    return new RocksCursor(db, gate, snapshot, space, from, to, reverse);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("used after it was closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (scope != null) {
        scope.close();
      }
      if (snapshot != null) {
        db.releaseSnapshot(snapshot);
        snapshot.close();
      }
      NativeLeaks.Kind.VIEW.closed();
      gate.leave();
    }
  }
}
