package io.henge.engine.rocksdb;

import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.UseGate;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * A cursor on a RocksDB iterator with bounds, so that it never walks over tombstones outside its
 * range. Holds its own use of the store.
 */
final class RocksCursor implements RowCursor {
  private final UseGate gate;
  private final KeySpace space;
  private final NativeScope scope = new NativeScope();
  private final RocksIterator iterator;
  private final boolean reverse;
  private byte[] keyBuffer = new byte[64];
  private boolean begun;
  private boolean valid;
  private boolean closed;

  /** Takes over a use of the gate, also if it fails. The range must not be empty. */
  RocksCursor(
      RocksDB db,
      UseGate gate,
      @Nullable Snapshot snapshot,
      KeySpace space,
      byte[] from,
      byte[] to,
      boolean reverse) {
    this.gate = gate;
    this.space = space;
    this.reverse = reverse;
    try {
      ReadOptions options = scope.own(new ReadOptions());
      options.setIterateLowerBound(scope.own(new Slice(RowKeys.of(space, from))));
      options.setIterateUpperBound(scope.own(new Slice(RowKeys.end(space, to))));
      if (snapshot != null) {
        options.setSnapshot(snapshot);
      }
      this.iterator = scope.own(db.newIterator(options));
    } catch (RuntimeException | Error e) {
      scope.close();
      gate.leave();
      throw e;
    }
    NativeLeaks.Kind.CURSOR.opened();
  }

  @Override
  public boolean next() {
    requireOpen();
    if (!begun) {
      begun = true;
      if (reverse) {
        iterator.seekToLast();
      } else {
        iterator.seekToFirst();
      }
    } else if (valid) {
      if (reverse) {
        iterator.prev();
      } else {
        iterator.next();
      }
    }
    return isValid();
  }

  @Override
  public boolean seek(byte[] key) {
    requireOpen();
    if (reverse) {
      throw new IllegalStateException("only a cursor that goes forwards can seek");
    }
    if (!begun || valid) {
      begun = true;
      // Below its range it begins with it: RocksDB keeps to the bounds.
      iterator.seek(RowKeys.of(space, key));
    }
    return isValid();
  }

  private boolean isValid() {
    valid = iterator.isValid();
    if (!valid) {
      try {
        iterator.status();
      } catch (RocksDBException e) {
        throw RocksFailures.of("scan", e);
      }
    }
    return valid;
  }

  @Override
  public byte[] key() {
    requireRow();
    int length = iterator.key(keyBuffer);
    if (length > keyBuffer.length) {
      keyBuffer = new byte[length];
      iterator.key(keyBuffer);
    }
    return Arrays.copyOfRange(keyBuffer, 1, length);
  }

  @Override
  public byte[] value() {
    requireRow();
    return iterator.value();
  }

  private void requireRow() {
    requireOpen();
    if (!valid) {
      throw new NoSuchElementException("the cursor is at no row");
    }
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
      scope.close();
      NativeLeaks.Kind.CURSOR.closed();
      gate.leave();
    }
  }
}
