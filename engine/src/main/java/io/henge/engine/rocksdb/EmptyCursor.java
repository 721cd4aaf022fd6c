package io.henge.engine.rocksdb;

import io.henge.engine.RowCursor;
import java.util.NoSuchElementException;

/** A cursor over an empty range. */
enum EmptyCursor implements RowCursor {
  INSTANCE;

  @Override
  public boolean next() {
    return false;
  }

  @Override
  public boolean seek(byte[] key) {
    return false;
  }

  @Override
  public byte[] key() {
    throw new NoSuchElementException("the cursor is at no row");
  }

  @Override
  public byte[] value() {
    throw new NoSuchElementException("the cursor is at no row");
  }

  @Override
  public void close() {}
}
