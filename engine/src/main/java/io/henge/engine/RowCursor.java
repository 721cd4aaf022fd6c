package io.henge.engine;

/** Walks over rows in order. Not thread-safe. */
public interface RowCursor extends AutoCloseable {
  /** Moves to the next row; false at the end. */
  boolean next();

  /** Key of the current row (without the key space). */
  byte[] key();

  byte[] value();

  @Override
  void close();
}
