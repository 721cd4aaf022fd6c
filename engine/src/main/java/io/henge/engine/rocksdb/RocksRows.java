package io.henge.engine.rocksdb;

import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import java.util.Arrays;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** A batch. Belongs to no store: RocksDB's write batches are plain memory. */
final class RocksRows implements WriteRows {
  private final WriteBatch batch;
  private long bytes;
  private boolean closed;

  RocksRows() {
    this.batch = new WriteBatch();
    NativeLeaks.Kind.BATCH.opened();
  }

  @Override
  public void put(KeySpace space, byte[] key, byte[] value) {
    try {
      open().put(RowKeys.of(space, key), value);
      bytes += key.length + value.length;
    } catch (RocksDBException e) {
      throw RocksFailures.of("batch", e);
    }
  }

  @Override
  public void delete(KeySpace space, byte[] key) {
    try {
      open().delete(RowKeys.of(space, key));
      bytes += key.length;
    } catch (RocksDBException e) {
      throw RocksFailures.of("batch", e);
    }
  }

  @Override
  public void deleteRange(KeySpace space, byte[] from, byte[] to) {
    byte[] low = RowKeys.of(space, from);
    byte[] high = RowKeys.end(space, to);
    if (Arrays.compareUnsigned(low, high) >= 0) {
      // RocksDB would refuse the whole batch at the write.
      return;
    }
    try {
      open().deleteRange(low, high);
      bytes += from.length + to.length;
    } catch (RocksDBException e) {
      throw RocksFailures.of("batch", e);
    }
  }

  WriteBatch open() {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
    return batch;
  }

  @Override
  public int count() {
    return open().count();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void clear() {
    open().clear();
    bytes = 0;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      batch.close();
      NativeLeaks.Kind.BATCH.closed();
    }
  }
}
